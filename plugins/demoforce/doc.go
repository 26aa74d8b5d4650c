// Package demoforce is a force to try Muster on: nine simulated back-end systems and an identity provider on loopback,
// each a stranger with its own protocol, ids, field names, code lists, date formats, paging, errors and moods.
//
// Nothing here is real: people, streets and events are invented, phone numbers come from the ranges that Ofcom keeps
// for drama, and every server binds 127.0.0.1. Start serves it all; Systems says where, Credentials with what,
// Accounts as whom. One synthetic population lies across the systems and they disagree about it as real ones do;
// Truth tells tests which records are the same.
//
// The rest of this comment is each system's interface manual, as its vendor would give it to an integrator.
//
// # Identity provider (id "idp")
//
// OpenID Connect at Issuer (http://127.0.0.1:PORT, discovery below /.well-known/openid-configuration):
// authorization code with PKCE S256 for the public native client ClientID ("muster-desk") with any loopback redirect
// (http://127.0.0.1:ANY/ANYPATH, http://localhost:…, http://[::1]:…); refresh tokens rotate, one used twice is
// invalid_grant and ends its whole family; device flow (/device_authorization, page /device); token exchange
// (RFC 8693) at /oauth/token; /userinfo; /end_session; /revoke. Access tokens are RS256 JWTs, audience
// ["muster-desk","rms"]. Scopes: openid profile email offline_access. ID token and user info hold name, given_name,
// family_name, preferred_username, email and the claims collar, rank, role, force.
//
// Token exchange, form body (client by HTTP Basic "muster-desk" with an empty secret, or client_id in the form):
//
//	grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id=muster-desk&audience=cad
//	&subject_token=ACCESS_TOKEN&subject_token_type=urn:ietf:params:oauth:token-type:access_token
//	-> {"access_token":"…","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":600}
//	-> 400 {"error":"invalid_target" | "invalid_request" | "invalid_grant","error_description":"…"}
//
// # Records management, "rms": Larkfield Records, REST (connector demo_rms; option base_url = http://127.0.0.1:PORT/rms/api/v2)
//
// Auth: Authorization: Bearer the one login's access token; 401 with WWW-Authenticate otherwise, 403 for a role
// without access. Dates dd/mm/yyyy, times dd/mm/yyyy HH:MM:SS (entries take and give HH:MM too), always Europe/London.
//
//	GET /whoami -> {"user":{"login":"okafor","collar":"2214","displayName":"PC Ada Okafor"},"server":"Larkfield Records","build":"7.4.1182"}
//	GET /persons?surname=miller&forename=aaron&dob=03/11/2011&pncId=&cro=&phone=&postcode=&q=&limit=25&cursor=
//	GET /persons/NOM0100001
//	GET /vehicles?vrm=&make=&model=&colour=&keeperId=&q=      GET /vehicles/VEH0100001
//	GET /locations?postcode=&uprn=&street=&q=                 GET /locations/LOC0100001
//	GET /crimes?ref=&personId=&locationId=&vrm=&from=&to=&q=  GET /crimes/CRM2600001
//	GET /occurrences?ref=&personId=&locationId=&vrm=&from=&to=&q=  GET /occurrences/OCC2600001
//	lists -> {"data":[…],"meta":{"count":25,"total":132,"next":"OPAQUE"|null}}; one -> {"data":{…}}
//
// A list needs at least one criterion (422), limit is 1–100 (default 25), all criteria must hold; names match whole,
// without case, accents, apostrophes or hyphens, or by prefix with a trailing *; q takes words that must all be found
// (prefixes) in names, aliases, birth year, address, references, summary. Lists hold the same members as one record,
// but links is null; an unknown parameter is 400.
//
//	person: {"id":"NOM0100001","name":{"title":null,"family":"MILLER","given":"Aaron","middle":"James"},
//	 "dob":"03/11/2011"|null,"sex":"Male"|"Female"|"Unknown","ethnicity":{"scheme":"16+1","code":"W1"}|null,
//	 "placeOfBirth":"Leeds"|null,"occupation":null,"school":"Roundhay"|null,"nfa":false,
//	 "identifiers":[{"type":"PNC"|"CRO"|"NINO"|"DL","value":"23/120018D"}],
//	 "aliases":[{"family":"MILLER","given":"AJ"}],
//	 "contacts":[{"type":"MOB"|"TEL"|"EML","value":"07700 900412"}],
//	 "addresses":[{"locationId":"LOC0100001","type":"HOME"|"PREV"|"WORK","line1":"12 Alder Rise","line2":null,"town":"Leeds",
//	   "postcode":"LS8 2QX","from":"14/08/2021"|null,"to":null}],
//	 "flags":[{"code":"SELFHARM","text":"Self harm","raised":"02/06/2026"}],
//	 "marking":"OFFICIAL"|"OFFICIAL-SENSITIVE","updated":"21/11/2026 09:14:55","version":4,
//	 "links":null|[{"rel":"MOTHER","type":"person","id":"NOM0100002","label":"MILLER Andrea"}]}
//	flag codes: FIREARM WEAPON VIOLENT ESCAPER EXPLOSIVE SUICIDAL SELFHARM MENTAL AILMENT CONTAGIOUS DRUGS ALLEGES MISPER
//	links of a person: MOTHER FATHER SON DAUGHTER PARTNER SIBLING ASSOCIATE (person), KEEPER DRIVER (vehicle),
//	 RESIDENT (location), VICTIM SUSPECT WITNESS REPORTER OFFENDER MISSING SEARCHED (crime, occurrence): "this person is REL of that"
//	vehicle: {"id","vrm":"YK19 FZB","make":"VAUXHALL","model":"CORSA","colour":"BLUE","vin":null,"year":"2019","stolen":false,
//	 "flags":[],"marking","updated","version","links":[{"rel":"KEEPER","type":"person",…}]}  (here: "that person is REL of this")
//	location: {"id","uprn":"72118…","subBuilding":null,"building":"12","street":"Alder Rise","town":"Leeds","postcode":"LS8 2QX",
//	 "easting":431234,"northing":437654,"flags":[],"marking","updated","version","links":[{"rel":"RESIDENT",…},{"rel":"SCENE","type":"crime",…}]}
//	crime: {"id":"CRM2600001","crimeNumber":"13260000001","offence":{"code":"049/01","text":"Burglary - residential"},
//	 "status":"OPEN"|"FILED"|"CHARGED"|"NFA","outcome":null|"…","committedFrom":"02/06/2026 18:31:00","committedTo":null,"reported":"…",
//	 "summary":"…","locationId":"LOC…","locationText":"12 Alder Rise, Leeds, LS8 2QX","oic":"2214","marking","updated","version","links":[…]}
//	occurrence: {"id":"OCC2600001","type":"STOP"|"MISPER"|"DOM"|"ASB"|"RTC"|"CONC"|"SUSP"|"THEFT"|"VIOL"|"PROP"|"OTHER","typeText":"…",
//	 "status":"OPEN"|"CLOSED","at":"12/09/2026 22:10:00","endedAt":null,"summary":"…","locationId","locationText","clientRef":null,
//	 "cadRef":"CAD-0412"|null,"marking","updated","version","links":[…]}
//
//	POST /entries, Content-Type: application/json, Idempotency-Key: KEY (required; the same key and body again answers 200 with
//	 the first answer and Idempotent-Replayed: true; the same key with another body is 409 …/idempotency-mismatch)
//	{"clientRef":"KEY (max 64)","type":"CONC (an occurrence type)","at":"24/11/2026 13:52","endedAt":null,
//	 "summary":"max 120, optional","details":"1–2000","reportingOfficer":"2214","cadRef":"CAD-0412"|null,
//	 "location":{"locationId":null,"line1":"12 Alder Rise","town":"Leeds","postcode":"LS8 2QX","latitude":53.83,"longitude":-1.51}|null,
//	 "persons":[{"role":"MISSING","nominalId":"NOM0100001"|null,"family":"MILLER","given":"Aaron","dob":"03/11/2011"|null,"phone":null}],
//	 "vehicles":[{"role":"INVOLVED","vrm":"YK19FZB","make":null,"colour":null}]}
//	required: clientRef, type, at, details, reportingOfficer; a person needs nominalId or family. null and absent are the same; an unknown member is 422.
//	-> 201, Location: …/occurrences/OCC2604001 {"data":{"entryId":"ENT000001","occurrenceId":"OCC2604001","clientRef":"KEY","receivedAt":"24/11/2026 14:06:41"}}
//	-> 409 …/duplicate-client-ref with "existingId":"OCC…" when another key brought the same clientRef
//	PUT /entries/OCC2604001 with the body of an entry replaces what it says -> 200 {"data":{…}} as above; 404 if there is none
//	GET /entries?clientRef=KEY -> {"data":[{"entryId","occurrenceId","clientRef","receivedAt"}],"meta":{…}}; none is an empty list
//
//	errors, application/problem+json: {"type":"https://larkfield.example/problems/validation","title":"Validation failed","status":422,
//	 "detail":"2 members need attention","instance":"/rms/api/v2/entries","trace":"…",
//	 "invalidParams":[{"name":"persons[0].dob","reason":"must be a date dd/mm/yyyy"}]}
//	types: validation unauthenticated forbidden not-found bad-cursor idempotency-mismatch duplicate-client-ref too-many-requests server-error
//
// # Forms beside the general entry
//
// rms: POST and GET /arrests /stops /missing /exhibits /statements /collisions as /entries; the members of each, their lengths and codes
// stand in rmsForms; what is taken answers {"data":{"recordId","clientRef","receivedAt"}}. cad: POST /ArrestResults /StopResults
// /MissingPersons /Collisions (cadForms), found by $filter=ExternalRef eq '…'; a reference may come twice, nothing stops it. custody:
// BookIn, one detained person, answers like NotifyIncident. intel: mutation submitReport(input: ReportInput!) and
// submitNotice(input: NoticeInput!) { urn id receivedAt already }, query submission(clientKey: String!).
//
// # Property store, "property": Strongroom (connector demo_property; base_url ends in /strongroom/v3)
//
// Header X-Strongroom-Key. POST /deposits, multipart/form-data: the part record (JSON, strongroomDeposit), any number of parts file.
// 201 {"ok":true,"deposit":{"receipt","externalId","takenAt"}}; 422 {"ok":false,"problems":[{"at":"items.0.category","problem","kind"}]};
// 409 with X-Existing for an externalId that came before. GET /deposits?externalId=. GET /status.
//
// # Case files, "casefile": Docket (connector demo_casefile; base_url ends in /docket)
//
// HTTP Basic. POST /documents, application/xml, the root ArrestFile, Statement or ExhibitList (docketForms); 201 <Accepted><Urn/>…;
// 422 <Rejection><Error code=""><XPath/><Text/></Error>…; 409 for a SenderRef that came before. GET /documents?senderRef=. GET /about.
//
// # The other records management, "summit": Summit Records, JSON:API 1.1 (connector demo_rms2; base_url = http://127.0.0.1:PORT/summit/api; client_id, client_secret)
//
// It holds what Larkfield held when the force started, and either can be the one that Systems lists (Options.Records).
// Token: POST /oauth/token, form grant_type=client_credentials&client_id=…&client_secret=… (in the body, no Basic) -> opaque, 600 s. Accept must be
// application/vnd.api+json (406), a body's Content-Type too (415). X-Summit-Operator: the officer's collar number (403 if unknown or of IT; the client itself
// if left out). Ids are numbers written as text. Dates MM/DD/YYYY; meta.changed is MM/DD/YYYY hh:mm:ss AM|PM of New York; times are milliseconds since 1970.
//
//	GET /about -> {"data":{"type":"services","id":"1","attributes":{"product":"Summit Records","release":"2026.3","client":"…","operator":"Ada Okafor"|null}}}
//	GET /people?filter[name]=MILLER*, Aaron&filter[born]=&filter[pnc]=&filter[cro]=&filter[telephone]=&filter[postcode]=&filter[text]=&include=addresses
//	GET /vehicles?filter[plate]=&filter[manufacturer]=&filter[range]=&filter[paint]=&filter[text]=   GET /locations?filter[postcode]=&filter[uprn]=&filter[street]=&filter[text]=
//	GET /crimes?filter[number]=&filter[plate]=&filter[text]=   GET /occurrences?filter[number]=&filter[externalReference]=&filter[plate]=&filter[text]=
//	GET /people/50100001?include=addresses and so on, with ETag; page[number] from 1, page[size] 1–50 (20)
//	lists -> {"data":[…],"included":[…],"links":{"prev":null,"next":"http://…page[number]=2…"|null},"meta":{"page":{"number":1,"size":20,"records":132}}}; one -> {"data":{…},"included":[…]}
//	every record: {"type","id","attributes","relationships":{"associations":{"data":[{"type":"people","id":"50100002","meta":{"as":1,"words":"MILLER Andrea"}}]}},
//	 "meta":{"protection":{"scheme":"GSC","tier":1 OFFICIAL|2 OFFICIAL-SENSITIVE},"changed":"11/21/2026 04:14:55 AM","etag":"W/\"4\""}}; associations has no data in lists
//	people: {"fullName":"MILLER, Aaron James","honorific":null,"alsoKnownAs":["MILLER, AJ"],"birthDate":"11/03/2011"|null,"gender":1 m|2 f|9,"ethnicity":"W1"|null,"birthTown","occupation","school",
//	 "noFixedAbode":"Y"|"N","references":{"pnc","cro","nino","licence"},"telephones":["+447700900412"],"email":null,"markers":"07:06/02/2026,13:11/24/2026"}
//	 markers are code:date, "00" where none are recorded: 01 firearms 02 weapons 03 violent 04 escaper 05 explosives 06 suicidal 07 self-harm 08 mental 09 ailment 10 contagious
//	 11 drugs 12 alleges 13 missing 14 cloned plate; relationships.addresses leads to included {"type":"addresses","attributes":{"block":"12 Alder Rise\nLeeds","postcode":"LS8 2QX",
//	 "use":1 home|2 previous|3 work,"since":"08/14/2021"|null,"until":null},"relationships":{"location":{"data":{"type":"locations","id":"30100001"}}}}
//	vehicles: {"plate":"YK19FZB","manufacturer","range","paint","chassis","built":2019,"condition":0|7 stolen,"markers"}   locations: {"block","postcode","uprn","grid":"431234 437654","markers"}
//	crimes: {"number","offence":"049/01 Shoplifting","stage","disposal","from","to","reported","synopsis","scene":"12 Alder Rise\nLeeds\nLS8 2QX","investigator"}; relationships.scene
//	occurrences: {"number":"S26-00001","category","categoryWords","stage","at","until","synopsis","scene","position":null|{"lat","lng"},"externalReference","commandReference"}; relationships.scene
//	stage: 10 open 20 filed 30 charged 40 no further action 90 closed. category: 11 theft 12 violence 41 concern 42 missing 43 domestic 51 ASB 61 RTC 71 suspicious 81 property 91 stop 99 other.
//	as: 1 mother 2 father 3 son 4 daughter 5 partner 6 sibling 7 associate 20 keeper 21 driver 22 involved 30 resident 31 scene 51 victim 52 suspect 53 witness 54 reporter 55 offender 56 missing 57 searched 58 subject
//
//	POST /occurrences {"data":{"type":"occurrences","attributes":{"externalReference":"KEY (max 64)","category":41,"at":1795182720000,"synopsis":"1–2000","commandReference":null,"scene":"…","postcode":null,
//	 "position":null},"relationships":{"reportedBy":{"data":{"type":"operators","id":"2214"}},"scene":{"data":null},"participants":{"data":[{"type":"people","id":"50100001","meta":{"as":56}},
//	 {"type":"people","lid":"p1","meta":{"as":53}}]}}},"included":[{"type":"people","lid":"p1","attributes":{"fullName":"GREEN, Amy","birthDate":null,"telephones":[]}},{"type":"vehicles","lid":"v1","attributes":{"plate":"YK19FZB"}}]}
//	 who comes along under included is put on file. No key is honoured: posting twice makes two; read back by filter[externalReference].
//	-> 202, Location, {"data":{"type":"receipts","id":"900001","attributes":{"number":"S26-80001","received":…,"externalReference":"KEY"},"relationships":{"occurrence":{"data":{"type":"occurrences","id":"72680001"}}}}}
//	errors: {"errors":[{"status":"422","code":"VR-17","title":"Invalid value","detail":"Must be a date MM/DD/YYYY.","source":{"pointer":"/included/0/attributes/birthDate"}}]}; source.parameter for the query
//
// # Command and control, "cad": Vigil C2, OData v4 (demo_cad; base_url = http://127.0.0.1:PORT/odata/v4, idp_url = Issuer, client_id)
//
// Auth: Bearer a token exchanged for audience cad; the login's own token is 401 (WWW-Authenticate: Bearer
// error="invalid_token", error_description="audience"). PascalCase, instants in UTC (2026-11-24T14:04:11Z), dates 2011-11-03,
// no null members for what it does not hold in lists of strings. A '+' in $filter or $search is 400 (a space is %20).
//
//	GET /Me -> {"@odata.context":"…","UserName":"okafor","CollarNo":"2214","DisplayName":"Ada Okafor","Server":"Vigil C2","Version":"11.2"}
//	GET /Incidents | /Persons | /Vehicles | /Locations ?$filter=…&$search=miller%20aaron&$orderby=OpenedAt%20desc&$top=&$skip=&$count=true&$select=&$expand=Persons,Vehicles,Location
//	GET /Incidents(40412) and so on; also ?$expand=…; $metadata in XML
//	-> {"@odata.context":"…","@odata.count":132,"value":[…],"@odata.nextLink":"http://127.0.0.1:PORT/odata/v4/Incidents?…&$skiptoken=…"}
//
// Pages hold at most 20. $filter: eq ne gt ge lt le, and, or, not, (), contains(), startswith(), endswith(), tolower(), toupper(),
// strings in single quotes (one within is doubled), numbers, instants, dates, null, true, false; eq is case-sensitive and names are UPPER CASE, so use
// toupper or upper-case the term. $search: words that must all be found.
//
//	Incident: {"@odata.etag":"W/\"3\"","IncidentId":40412,"IncidentNo":"CAD-0412","Priority":"P1","TypeCode":"110","TypeText":"Concern for safety",
//	 "Status":"OPEN"|"ASSIGNED"|"AT_SCENE"|"CLOSED","Headline":"Concern for safety — MILLER, Aaron, 15","Narrative":"…","OpenedAt":"…","UpdatedAt":"…",
//	 "ClosedAt":null,"LocationId":500001,"LocationText":"12 Alder Rise, LS8","Postcode":"LS8 2QX","Latitude":53.8291,"Longitude":-1.5012,
//	 "Beat":"LS8-2","Units":["LA21"],"ExternalRef":null,"Marking":"O"|"OS"}
//	 with $expand: "Persons":[Person plus "Role":"CALLER"|"SUBJECT"|"WITNESS"|"SUSPECT"|"VICTIM"], "Vehicles":[Vehicle plus "Role":"INVOLVED"], "Location":{…}
//	TypeCode: 110 Concern for safety, 111 Missing person, 120 Road traffic collision, 130 Theft, 131 Shop theft, 140 Burglary, 150 Violence,
//	 151 Domestic incident, 160 Anti-social behaviour, 161 Noise, 170 Suspicious activity, 180 Found property, 190 Other
//	Person: {"PersonId":700001,"Surname":"MILLER","Forenames":"AARON JAMES","DateOfBirth":"2011-11-03"|null,"ApproxAge":15|null,"Sex":"M"|"F"|"U",
//	 "Phone":"+447700900412"|null,"AddressText":"12 Alder Rise, Leeds"|null,"Postcode":"LS8 2QX"|null,"Warnings":"SH;MP" ("" for none),
//	 "MissingSince":null|instant,"UpdatedAt":"…"}  expand: "Incidents":[Incident plus "Role"]
//	 warning codes: FA WP VI ES XP SU SH MN AT CO DR AL MP
//	Vehicle: {"VehicleId":800001,"Vrm":"YK19FZB","Make":"Vauxhall","Colour":"Blue"|null,"KeeperName":"MILLER A"|null,"UpdatedAt":"…"} expand: Incidents
//	Location: {"LocationId":500001,"Text":"12 Alder Rise, LS8","Number":"12","Street":"Alder Rise","Town":"Leeds","Postcode":"LS8 2QX","Latitude":…,"Longitude":…,
//	 "Hazards":"" ,"UpdatedAt":"…"} expand: Incidents
//
//	POST /Incidents {"ExternalRef":"KEY (max 64)","Priority":"P1".."P4","TypeCode":"110","Headline":"max 80","Narrative":"1–4000","OpenedAt":"2026-11-24T13:52:00Z",
//	 "LocationText":"…","Postcode":null,"Latitude":53.8,"Longitude":-1.5,"OfficerCollarNo":"2214",
//	 "Persons":[{"Role":"SUBJECT","PersonId":null,"Surname":"MILLER","Forenames":"AARON","DateOfBirth":"2011-11-03","Phone":null}],
//	 "Vehicles":[{"Vrm":"YK19FZB","Make":null,"Colour":null}]}
//	 required: Priority, TypeCode, Narrative, OpenedAt, LocationText. An undeclared property is 400. Idempotency-Key is ignored: posting twice makes two.
//	-> 201, Location, the Incident. Read back: GET /Incidents?$filter=ExternalRef%20eq%20'KEY'
//	errors: {"error":{"code":"ValidationError","message":"…","target":null,"details":[{"code":"Required","target":"Persons/0/Surname","message":"…"}]}}
//
//	GET /live, Accept: text/event-stream, Last-Event-ID: N to resume (also ?lastEventId=N); "retry: 3000" first, a comment every 15 s
//	 id: 1042 / event: created|updated|closed / data: Incident as one line with Persons, Vehicles and Location expanded
//	 event: reset (data {}) when N is older than the 1,000 events kept
//
// # Custody, "custody": Sentinel Custody, SOAP 1.1 (demo_custody; base_url = http://127.0.0.1:PORT/CustodyService.svc; username, password)
//
// POST text/xml; charset=utf-8 with SOAPAction: "urn:sentinel-custody:v3/OPERATION"; ?wsdl describes it. WS-Security 1.0 UsernameToken
// with PasswordDigest (PasswordText is refused), Nonce (base64, never twice) and Created (UTC, within five minutes). Dates 20111103, times
// 20261124140411, local, without zone. Sex 1 male, 2 female, 9 not known. All message elements in urn:sentinel-custody:v3 (prefix c below),
// children in the same namespace; an absent value is an absent element, an empty search element is ignored.
//
//	c:WhoAmIRequest -> c:WhoAmIResponse{UserName, StaffNo, System "Sentinel Custody", Release "3.9"}
//	c:FindDetaineesRequest{Surname Forename DateOfBirth PncId Cro Phone Postcode AnyText StartAt(1) MaxRows(≤40, 20)}
//	 -> c:FindDetaineesResponse{TotalRows StartAt Detainee*}      (next page: StartAt + rows while ≤ TotalRows)
//	c:GetDetaineeRequest{DetaineeNo} -> c:GetDetaineeResponse{Detainee}
//	c:FindCustodyRecordsRequest{CustodyNo DetaineeNo ArrestedFrom ArrestedTo AnyText StartAt MaxRows} -> c:FindCustodyRecordsResponse{TotalRows StartAt CustodyRecord*}
//	c:GetCustodyRecordRequest{CustodyNo} -> c:GetCustodyRecordResponse{CustodyRecord}
//	Detainee{DetaineeNo "D-0001234" Surname Forename1 Forename2 DateOfBirth Sex SelfDefinedEthnicity "W1" HeightCm Build PncId Cro Phone NoFixedAbode "Y"
//	 Address{Line1 Town Postcode} Nickname* Marker{Code Text Since}* LastChanged CustodyNo*}
//	 marker codes: 01 firearms 02 weapons 03 violent 04 escaper 05 explosives 06 suicidal 07 self-harm 08 mental health 09 ailment 10 contagious 11 drugs 12 alleges
//	CustodyRecord{CustodyNo "LC/2026/00123" DetaineeNo DetaineeName ArrestedAt AuthorisedAt ReleasedAt Station Reason OffenceCode OffenceText Disposal
//	 ArrestLocation OfficerStaffNo LastChanged LogEntry{At Text}*}  disposal: CHG charged BAI bailed RUI released under investigation NFA CAU caution REM remanded
//	Names are whole or end with *; case does not matter. A search without criteria is a fault.
//
//	c:NotifyIncidentRequest{ClientReference(≤40) IncidentType OccurredAt Narrative(1–1000) OfficerStaffNo Place Postcode ExternalReference
//	 Person{Role DetaineeNo Surname Forename DateOfBirth Phone}* Vehicle{Vrm}*}
//	 required: ClientReference IncidentType OccurredAt Narrative OfficerStaffNo and at least one Person with DetaineeNo or Surname
//	 IncidentType: CON concern MIS missing THE theft BUR burglary VIO violence DOM domestic ASB RTC SUS suspicious PRO property OTH
//	-> 200 c:NotifyIncidentResponse{Result "ACCEPTED" NotificationNo "N-000123" ReceivedAt}
//	-> 200 c:NotifyIncidentResponse{Result "REFUSED" ReasonCode ReasonText ExistingNo?}: DUPLICATE-REFERENCE (already taken; ExistingNo), UNKNOWN-DETAINEE, FUTURE-TIME
//	-> 500 soap:Fault{faultcode soap:Client, faultstring, detail/c:ValidationFault{Field{Name Code Message}*}}
//	c:GetByClientReferenceRequest{ClientReference} -> c:GetByClientReferenceResponse{Found "true" NotificationNo ReceivedAt} or {Found "false"}
//	 faults are HTTP 500: wsse:FailedAuthentication (wrong user, password or digest), wsse:InvalidSecurity (missing, replayed or stale), soap:Client, soap:Server;
//	 GetDetainee and GetCustodyRecord fault with detail/c:NotFoundFault{Type Key}
//
// # Intelligence, "intel": Lantern Intelligence, GraphQL (demo_intel; base_url = http://127.0.0.1:PORT; client_id, client_secret)
//
// Token: POST /oauth2/token, HTTP Basic client_id:client_secret, grant_type=client_credentials&scope=intel.read -> opaque, 900 s. Then POST /graphql,
// application/json {"query","variables","operationName"}. Every answer is 200 with data and/or errors[{message,path,extensions{code}}]
// (UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT, NOT_FOUND, GRAPHQL_VALIDATION_FAILED, INTERNAL); only a missing or dead token is 401. Ids like "per:9f3k2"; connections:
//
//	type Query { me: Me!  subjects(first: Int = 20, after: String, filter: SubjectFilter!): SubjectConnection!  subject(id: ID!): Subject
//	  vehicles(first: Int, after: String, filter: VehicleFilter!): VehicleConnection!  vehicle(id: ID!): Vehicle
//	  reports(first: Int, after: String, filter: ReportFilter!): ReportConnection!  report(id: ID!): Report }
//	type Me { clientId: String! server: String! version: String! }
//	input SubjectFilter { text: String lastName: String firstName: String bornYear: Int pnc: String phone: String postcode: String }   # first ≤ 50; at least one
//	input VehicleFilter { text: String plate: String }    input ReportFilter { text: String urn: String subjectId: ID plate: String }
//	type SubjectConnection { totalCount: Int! edges: [SubjectEdge!]! pageInfo: PageInfo! }  type SubjectEdge { cursor: String! node: Subject! }
//	type PageInfo { hasNextPage: Boolean! endCursor: String }    # Vehicle… and Report… alike
//	type Subject { id: ID! lastName: String! firstNames: [String!]! nicknames: [String!]! aliases: [Alias!]! born: String gender: Gender! pnc: String phones: [String!]!
//	  addresses: [SubjectAddress!]! warnings: [Warning!]! associates: [Association!]! vehicles: [Vehicle!]! reports: [Report!]! marking: Marking! lastModified: String! }
//	  # born is "2011-11-03", "2011-11", "1987", "circa 1987" or null; gender MALE FEMALE UNKNOWN; lastModified is Unix seconds as a string
//	type Alias { lastName: String firstName: String }
//	type SubjectAddress { line: String! town: String postcode: String grading: Grading! reportedOn: String }   # reportedOn 2026-10-02
//	type Warning { code: WarningCode! note: String }   # FIREARMS WEAPONS VIOLENT ESCAPER EXPLOSIVES SUICIDAL SELF_HARM MENTAL_HEALTH AILMENT CONTAGIOUS DRUGS ALLEGES
//	type Association { role: String! strength: Int! person: Subject! }    # role "associate", "seen with", "relative", "partner"
//	type Vehicle { id: ID! plate: String! make: String model: String colour: String subjects: [Subject!]! reports: [Report!]! marking: Marking! lastModified: String! }
//	type Report { id: ID! urn: String! title: String! text: String! eventOn: String submittedOn: String! grading: Grading! subjects: [Subject!]! vehicles: [Vehicle!]!
//	  place: SubjectAddress marking: Marking! lastModified: String! }
//	type Grading { source: Int! assessment: String! handling: String! conditions: String code: String! }    # 3x5x2, code "2-C-P"
//	type Marking { classification: String! handling: [String!]! }    # OFFICIAL or OFFICIAL-SENSITIVE; handling P or C
//
// # Vehicles, "vehicles": DVLA Vehicle Enquiry Service as published (dvla_ves; base_url = http://127.0.0.1:PORT/vehicle-enquiry; api_key)
//
// POST /v1/vehicles {"registrationNumber":"YK19FZB"}, x-api-key. Answers and errors as published; the documented test
// registrations answer as at its test host. It knows the plates of the population (a cloned one once), no keeper. A missing or wrong key is 403 {"message":"Forbidden"} from the gateway.
//
// # Street crime and stops, "streetcrime": data.police.uk as published (police_uk; base_url = http://127.0.0.1:PORT/api)
//
// Open; force id "northmoor"; 15 requests a second, burst 30, then 429. The area is about lat 53.76–53.88, lng -1.66–-1.42;
// crimes-street within a mile of lat,lng or in poly, date=YYYY-MM (default the latest month, two months back).
//
// # Control
//
// ControlURL with Authorization: Bearer ControlToken: GET /systems; GET|PUT|DELETE /faults/{system}; GET|DELETE /faults;
// POST /live[?priority=P1&type=110] makes an incident now and names it; GET /deliveries[?system=rms] is what each system took;
// GET /truth/{system}/{id} is which records of other systems are the same. A Fault in JSON:
//
//	{"kind":"slow"|"down"|"hang"|"limited"|"error"|"malformed"|"truncated"|"toolarge"|"expired"|"reset-before"|"reset-after",
//	 "delay_ms":1500,"retry_after":"7" or an HTTP date,"status":500,"count":3,"probability":0.5,"duration_ms":60000,"path":"/entries","method":"POST","bytes":20000000}
package demoforce
