# A queue for incidents, an officer with a token, and tickets: read by rt-setup-database.
use utf8;
my @queue = (LookupType => 'RT::Queue-RT::Ticket', Queue => ['Incidents']);
our @Queues = ({ Name => 'Incidents', Description => 'Incidents', Lifecycle => 'default' });
our @CustomFields = (
  { Name => 'Category', Type => 'SelectSingle', @queue, Values => [ map { { Name => $_ } } qw(Concern Missing Theft Burglary Violence Other) ] },
  { Name => 'Occurred', Type => 'DateTime', MaxValues => 1, @queue },
  { Name => 'Place', Type => 'FreeformSingle', @queue },
  { Name => 'Postcode', Type => 'FreeformSingle', Pattern => '^[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}$', @queue },
  { Name => 'Client reference', Type => 'FreeformSingle', @queue },
);
our @Users = (
  { Name => 'pc2214', RealName => 'Ada Okafor', EmailAddress => 'ada.okafor@northmoor.example', Privileged => 1 },
  { Name => 'zoe', RealName => "Zoë Łucja O'Brien", EmailAddress => 'zoe@northmoor.example', MobilePhone => '07700 900412' },
);
our @Final = (sub {
  my $system = RT->SystemUser;
  my $officer = RT::User->new($system); $officer->Load('pc2214');
  $officer->PrincipalObj->GrantRight(Right => $_, Object => RT->System)
    for qw(SeeQueue ShowTicket CreateTicket ModifyTicket SeeCustomField ModifyCustomField SetInitialCustomField ShowTicketComments AdminUsers ManageAuthTokens);
  my $token = RT::AuthToken->new($system);
  my (undef, undef, $secret) = $token->Create(Owner => $officer->Id, Description => 'Muster');
  print "TOKEN=$secret\n";
  my %cf;
  for my $name (map { $_->{Name} } @CustomFields) {
    my $c = RT::CustomField->new($system); $c->LoadByCols(Name => $name); $cf{$name} = 'CustomField-' . $c->Id;
  }
  for my $n (1 .. 9) {
    my $ticket = RT::Ticket->new($system);
    my ($id, undef, $said) = $ticket->Create(Queue => 'Incidents', Subject => "Theft of a bicycle, number $n — “blue”", Requestor => 'zoe@northmoor.example',
      $cf{Category} => 'Theft', $cf{Occurred} => '2026-07-01 12:30:00', $cf{Place} => 'Cardigan Lane', $cf{Postcode} => 'LS8 2QX');
    die $said unless $id;
  }
});
1;
