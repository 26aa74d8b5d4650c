// People and incidents of a force, as an OData service holds them.
namespace northmoor;
using { cuid, managed } from '@sap/cds/common';

entity Persons : cuid, managed {
  surname     : String(35) @mandatory;
  givenName   : String(35);
  dateOfBirth : Date;
  sex         : String(1);
  height      : Decimal(5,1);
  warnings    : Composition of many Warnings on warnings.person = $self;
  incidents   : Association to many Involvements on incidents.person = $self;
}
entity Warnings : cuid {
  person : Association to Persons;
  code   : String(10);
  text   : String(200);
  since  : Date;
}
entity Involvements : cuid {
  person   : Association to Persons;
  incident : Association to Incidents;
  role     : String(20);
}
entity Incidents : cuid, managed {
  reference  : String(20);
  category   : String(20) @assert.range enum { concern; theft; missing; other };
  occurredAt : DateTime @mandatory;
  details    : String(2000) @mandatory;
  postcode   : String(8) @assert.format: '^[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}$';
  status     : String(10) default 'open';
  people     : Composition of many Involvements on people.incident = $self;
}
