package draft

const recordsOpenAPI = `
openapi: 3.0.3
info: {title: Acme Records, version: "2"}
servers: [{url: "https://records.acme.example/api/v2"}]
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: "https://records.acme.example/api/v2/oauth/token", scopes: {}}}}
  schemas:
    Name: {type: object, properties: {family: {type: string}, given: {type: string}}}
    Person:
      type: object
      required: [personId, name, dob]
      properties:
        personId: {type: integer}
        name: {$ref: "#/components/schemas/Name"}
        dob: {type: string, format: date}
        sex: {type: string, enum: [Male, Female]}
        mobile: {type: string}
        shoeSize: {type: integer}
        self: {$ref: "#/components/schemas/Person"}
    NewIncident:
      type: object
      required: [details, occurredAt]
      properties:
        details: {type: string}
        occurredAt: {type: string, format: date-time}
        kind: {type: string}
paths:
  /me: {get: {responses: {"200": {description: ok}}}}
  /persons:
    get:
      parameters:
        - {name: surname, in: query, schema: {type: string}}
        - {name: dob, in: query, schema: {type: string, format: date}}
        - {name: q, in: query, schema: {type: string}}
        - {name: cursor, in: query, schema: {type: string}}
      responses:
        "200": {content: {application/json: {schema: {type: object, properties: {items: {type: array, items: {$ref: "#/components/schemas/Person"}}, nextCursor: {type: string}, total: {type: integer}}}}}}
  /persons/{personId}:
    get: {responses: {"200": {content: {application/json: {schema: {$ref: "#/components/schemas/Person"}}}}}}
  /incidents:
    post:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/NewIncident"}}}}
      responses: {"201": {content: {application/json: {schema: {type: object, properties: {incidentId: {type: string}}}}}}}
`

const recordsCSDL = `<?xml version="1.0"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="vigil" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="Person"><Key><PropertyRef Name="PersonId"/></Key><Property Name="PersonId" Type="Edm.Int32" Nullable="false"/><Property Name="Surname" Type="Edm.String" Nullable="false"/>
<Property Name="Forenames" Type="Edm.String"/><Property Name="DateOfBirth" Type="Edm.Date"/><Property Name="Phone" Type="Edm.String"/><NavigationProperty Name="Incidents" Type="Collection(vigil.Incident)"/></EntityType>
<EntityType Name="Vehicle"><Key><PropertyRef Name="Vrm"/></Key><Property Name="Vrm" Type="Edm.String" Nullable="false"/><Property Name="Make" Type="Edm.String"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="Persons" EntityType="vigil.Person"/><EntitySet Name="Vehicles" EntityType="vigil.Vehicle"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>`

const recordsSDL = `
scalar Date
type Query { people(filter: PersonFilter, first: Int, after: String): PersonConnection! person(id: ID!): Person organisations(name: String): [Organisation!]! }
type Mutation { createReport(text: String!): ID }
input PersonFilter { surname: String forenames: String dateOfBirth: Date }
type PersonConnection { edges: [PersonEdge!]! pageInfo: PageInfo! }
type PersonEdge { node: Person! cursor: String }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Person { id: ID! surname: String! forenames: String dateOfBirth: Date home: Address friends(first: Int!): [Person!] }
type Address { street: String town: String postcode: String }
type Organisation { id: ID! name: String! telephone: String }
`
