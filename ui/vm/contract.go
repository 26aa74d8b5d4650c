package vm

import "muster/app/desk"

// The desk offers what every view-model asks of it.
var (
	_ SearchDesk   = (*desk.Desk)(nil)
	_ CaseDesk     = (*desk.Desk)(nil)
	_ ChartDesk    = (*desk.Desk)(nil)
	_ SupportDesk  = (*desk.Desk)(nil)
	_ MapDesk      = (*desk.Desk)(nil)
	_ EntryDesk    = (*desk.Desk)(nil)
	_ OutboxDesk   = (*desk.Desk)(nil)
	_ HomeDesk     = (*desk.Desk)(nil)
	_ SystemsDesk  = (*desk.Desk)(nil)
	_ AuditDesk    = (*desk.Desk)(nil)
	_ SettingsDesk = (*desk.Desk)(nil)
	_ PairDesk     = (*desk.Desk)(nil)
	_ NoticeSource = (*desk.Desk)(nil)
)
