using { northmoor as db } from '../db/schema';
@requires: 'officer'
service RecordsService @(path:'/odata/v4/records') {
  entity Persons as projection on db.Persons;
  entity Warnings as projection on db.Warnings;
  entity Involvements as projection on db.Involvements;
  @cds.query.limit: { default: 4, max: 4 }
  entity Incidents as projection on db.Incidents;
}
annotate RecordsService.Persons with { modifiedAt @odata.etag };
annotate RecordsService.Incidents with { modifiedAt @odata.etag };
