package policy

import (
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"muster/plugins/signed"
)

const (
	day = 24 * time.Hour
	// An idle lock outside these is a mistake: below, nobody can work; above, it locks nothing.
	mapEffect    = "app/desk:TestMapOfAProfile"
	signInEffect = "app/desk:TestThePolicysSignInServerIsUsed"
	minIdle      = 30 * time.Second
	maxIdle      = 24 * time.Hour
)

// table is written in the order of its sections.
var table = []Def{
	signInPart(Def{Key: "signin.kind", Label: "Kind of sign-in", Type: Choice, Choices: []string{"oidc", "local"}, Effect: signInEffect,
		Help: "oidc signs in at the force's OpenID Connect server; local by a passphrase on this computer alone. Server and client id are then needed for oidc."},
		func(s *SignIn) *string { return &s.Kind }),
	signInPart(Def{Key: "signin.issuer", Label: "Sign-in server", Type: Text, check: webAddress, Effect: signInEffect,
		Help: "Address of the OpenID Connect server, as its issuer is written in its own configuration document."},
		func(s *SignIn) *string { return &s.Issuer }),
	signInPart(Def{Key: "signin.client_id", Label: "Client id", Type: Text, Effect: signInEffect,
		Help: "Under which Muster is registered at the sign-in server. It is no secret: Muster is a public client with PKCE."},
		func(s *SignIn) *string { return &s.ClientID }),
	signInPart(Def{Key: "signin.scopes", Label: "Scopes", Type: List, Effect: signInEffect,
		Help: "Scopes that are asked for beside openid."},
		func(s *SignIn) *[]string { return &s.Scopes }),
	signInPart(Def{Key: "signin.claims.collar", Label: "Claim of the collar number", Type: Text, Effect: signInEffect,
		Help: "Name of the claim of the sign-in that holds the officer's collar or warrant number."},
		func(s *SignIn) *string { return &s.Claims.Collar }),
	signInPart(Def{Key: "signin.claims.rank", Label: "Claim of the rank", Type: Text, Effect: signInEffect,
		Help: "Name of the claim that holds the officer's rank."},
		func(s *SignIn) *string { return &s.Claims.Rank }),
	signInPart(Def{Key: "signin.claims.role", Label: "Claim of the role", Type: Text, Effect: signInEffect,
		Help: "Name of the claim that holds the officer's role, by which hide_systems and hide_properties decide."},
		func(s *SignIn) *string { return &s.Claims.Role }),
	signInPart(Def{Key: "signin.claims.force", Label: "Claim of the force", Type: Text, Effect: signInEffect,
		Help: "Name of the claim that holds the officer's force."},
		func(s *SignIn) *string { return &s.Claims.Force }),
	row(Def{Key: "idle_lock", Section: SectionSignIn, Label: "Locks itself when idle for", Type: Duration, Default: "10m", Choosable: true, Offers: []string{"1m", "2m", "5m", "10m", "15m", "30m", "1h"},
		check: between(minIdle, maxIdle, false), Effect: "app/desk:TestTheIdleLockIsThePolicys",
		Help: "How long without a key or a click until the desk locks and hides every window. From 30 seconds to a day."},
		func(p *Policy) *Setting[time.Duration] { return &p.IdleLock }),
	row(Def{Key: "offline_unlock", Section: SectionSignIn, Label: "Unlock passphrase works for", Type: Duration, Default: "12h",
		check: between(0, 3650*day, true), Effect: "app/desk:TestTheUnlockPassphraseIsThePolicys",
		Help: "How long after the last word from the sign-in server an unlock passphrase opens the desk, also offline. 0 forbids it."},
		func(p *Policy) *Setting[time.Duration] { return &p.OfflineUnlock }),
	row(Def{Key: "stay_signed_in", Section: SectionSignIn, Label: "Stays signed in at the next start", Type: Bool, Default: "true", Choosable: true,
		Effect: "app/desk:TestStayingSignedInIsThePolicys",
		Help:   "A session that was not signed out of continues at the next start, as long as the sign-in server renews it."},
		func(p *Policy) *Setting[bool] { return &p.StaySignedIn }),

	row(Def{Key: "systems_allowed", Section: SectionSystems, Label: "Systems allowed", Type: List, Effect: "app/desk:TestOnlyAllowedSystemsAreUsed",
		Help: "Ids of the systems that may be used. Any other of the profile is shown as forbidden and is never asked. Not set, all may be used."},
		func(p *Policy) *Setting[[]string] { return &p.SystemsAllowed }),
	row(Def{Key: "packs_allowed", Section: SectionSystems, Label: "Connector packs allowed", Type: List, Effect: "app/desk:TestOnlyAllowedPacksAreUsed",
		Help: "Ids of connectors and plugins that may be used, those that ship with Muster included. It is looked at when one is added and at every start. Not set, all may be used."},
		func(p *Policy) *Setting[[]string] { return &p.PacksAllowed }),
	row(Def{Key: "packs_minimum", Section: SectionSystems, Label: "Lowest versions of connector packs", Type: Pairs, Effect: "app/desk:TestAPackBelowTheLowestVersionIsRefused",
		Help: "By a connector's id the lowest version that may be used, such as acme_rms: 2.1.0. An older one is refused when it is added and at every start."},
		func(p *Policy) *Setting[map[string]string] { return &p.PacksMinimum }),
	row(Def{Key: "trusted_keys", Section: SectionSystems, Label: "Trusted signing keys", Type: Pairs, check: keysCheck, Effect: "app/desk:TestWithPinnedKeysEveryConnectorIsVerifiedAtEachStart",
		Help: "Minisign public keys of makers of connector packs and plugins, by name: the line of the .pub file that starts with RW. Set, no other key counts, and a connector that is not part of Muster is used only as one of them signed it."},
		func(p *Policy) *Setting[map[string]string] { return &p.TrustedKeys }),

	row(Def{Key: "purpose_required", Section: SectionAccess, Label: "A purpose before every search", Type: Bool, Default: "true", Effect: "app/desk:TestAPurposeIsDemandedWherePolicySaysSo",
		Help: "Nothing is searched or opened before the officer has said why. Off only where another system records the justification."},
		func(p *Policy) *Setting[bool] { return &p.PurposeRequired }),
	row(Def{Key: "purposes_allowed", Section: SectionAccess, Label: "Purposes offered", Type: List, Effect: "app/desk:TestThePolicySaysWhichPurposesAndWhereAReasonIsTyped",
		Help: "Codes of the purposes (purposes.yaml) that are offered. Not set, all are."},
		func(p *Policy) *Setting[[]string] { return &p.PurposesAllowed }),
	row(Def{Key: "purpose_text", Section: SectionAccess, Label: "Purposes that need a typed reason", Type: List, Effect: "app/desk:TestThePolicySaysWhichPurposesAndWhereAReasonIsTyped",
		Help: "Codes of the purposes with which a reason must be typed, beside those of which purposes.yaml says so; * is all of them."},
		func(p *Policy) *Setting[[]string] { return &p.PurposeText }),
	row(Def{Key: "purpose_text_systems", Section: SectionAccess, Label: "Systems that need a typed reason", Type: List, Effect: "app/desk:TestASystemThatNeedsATypedReasonIsNotAskedWithoutOne",
		Help: "Ids of systems that are asked only while the officer's purpose has a typed reason. Without one they are shown as not searched."},
		func(p *Policy) *Setting[[]string] { return &p.PurposeTextSystems }),

	row(Def{Key: "hide_systems", Section: SectionAccess, Label: "Systems hidden from roles", Type: Lists, Effect: "app/desk:TestARoleSeesNothingOfASystemThatIsHiddenFromIt",
		Help: "By role, as the sign-in says it, ids of the systems that officers of the role cannot use; the role * is every role that is not named, and an officer without one."},
		func(p *Policy) *Setting[map[string][]string] { return &p.HideSystems }),
	row(Def{Key: "hide_properties", Section: SectionAccess, Label: "Properties hidden from roles", Type: Lists, Effect: "app/desk:TestARoleSeesNothingOfAPropertyThatIsHiddenFromIt",
		Help: "By role, as the sign-in says it, names of the dictionary's properties that officers of the role do not see, anywhere; the role * is every role that is not named, and an officer without one. Warning signals cannot be hidden."},
		func(p *Policy) *Setting[map[string][]string] { return &p.HideProperties }),
	row(Def{Key: "classification", Section: SectionMarking, Label: "Marking of unmarked material", Type: Text, Effect: "app/desk:TestPolicyDecidesWhatUnmarkedRecordsCountAs",
		Help: "What a record counts as that its system does not mark: a marking of the dictionary, such as OFFICIAL. Not set, the dictionary says."},
		func(p *Policy) *Setting[string] { return &p.Classification }),
	row(Def{Key: "mask_from", Section: SectionMarking, Label: "Masked until opened, from", Type: Text, Default: "SECRET", Effect: "app/desk:TestWhatIsMarkedHighIsMaskedUntilItIsOpened",
		Help: "Records with this marking or a higher one show nothing but their warning signals until the officer opens them, which the log of accesses records. none masks nothing."},
		func(p *Policy) *Setting[string] { return &p.MaskFrom }),
	row(Def{Key: "export_formats", Section: SectionMarking, Label: "Export formats allowed", Type: List, Default: "pdf, csv, json, svg, png", Effect: "app/desk:TestExportsObeyThePolicy",
		Help: "The formats in which a case or a chart may leave: pdf, csv, json, svg, png. An empty list forbids every export. Printing goes through pdf."},
		func(p *Policy) *Setting[[]string] { return &p.ExportFormats }),
	row(Def{Key: "export_up_to", Section: SectionMarking, Label: "Exports allowed up to", Type: Text, Effect: "app/desk:TestExportsObeyThePolicy",
		Help: "The highest marking with which anything is exported or printed; what is marked higher is refused whoever it is for. Not set, the recipient's own limit holds, which an officer can pass with a reason."},
		func(p *Policy) *Setting[string] { return &p.ExportUpTo }),
	row(Def{Key: "copy_up_to", Section: SectionMarking, Label: "Copying allowed up to", Type: Text, Effect: "app/desk:TestWhatIsCopiedBearsItsMarkingOrIsRefused",
		Help: "The highest marking with which words of a case go to the clipboard; none forbids copying. What is copied bears its marking. Not set, everything may be copied."},
		func(p *Policy) *Setting[string] { return &p.CopyUpTo }),

	row(Def{Key: "offline_keep", Section: SectionOffline, Label: "Copies kept for", Type: Duration, Default: "30d", check: between(time.Hour, 3650*day, false), Effect: "app/desk:TestCopiesAreKeptAsLongAndAsManyAsPolicySays",
		Help: "How long a sealed copy of what was read stays on this computer after it was last read. Kept cases stay until they are let go."},
		func(p *Policy) *Setting[time.Duration] { return &p.OfflineKeep }),
	row(Def{Key: "offline_records", Section: SectionOffline, Label: "Copies kept at most", Type: Number, Default: "200000", check: atLeast(0), Effect: "app/desk:TestCopiesAreKeptAsLongAndAsManyAsPolicySays",
		Help: "How many records are kept for offline use; the oldest go first."},
		func(p *Policy) *Setting[int] { return &p.OfflineRecords }),
	row(Def{Key: "offline_size", Section: SectionOffline, Label: "Room for copies", Type: Size, Default: "1GB", check: atLeast(1_000_000), Effect: "app/desk:TestCopiesAreKeptAsLongAndAsManyAsPolicySays",
		Help: "How much disk the copies may take; the oldest go first."},
		func(p *Policy) *Setting[int64] { return &p.OfflineSize }),
	row(Def{Key: "outbox_keep", Section: SectionOffline, Label: "Delivered entries kept for", Type: Duration, Default: "90d", check: between(day, 3650*day, false), Effect: "app/desk:TestCopiesAreKeptAsLongAndAsManyAsPolicySays",
		Help: "How long the outbox remembers an entry after it was settled in every system. One that is not settled stays."},
		func(p *Policy) *Setting[time.Duration] { return &p.OutboxKeep }),
	row(Def{Key: "offline_renew", Section: SectionOffline, Label: "Kept cases are read again after", Type: Duration, Default: "30m", check: between(time.Minute, 30*day, true), Effect: "app/desk:TestKeptCasesAreBroughtUpToDateInTheBackground",
		Help: "How old the copy of a kept case becomes before it is read again in the background while the officer is signed in, one record at a time, each reading in the log of accesses. 0 is never."},
		func(p *Policy) *Setting[time.Duration] { return &p.OfflineRenew }),
	row(Def{Key: "sign_out_wipes", Section: SectionOffline, Label: "Signing out wipes", Type: Bool, Default: "false", Effect: "app/desk:TestSignOutWipesWherePolicySaysSo",
		Help: "Signing out takes everything of the officer off this computer. While entries, drafts or notes are here that no system has, these and the log of accesses stay, sealed, and every copy of what was read goes."},
		func(p *Policy) *Setting[bool] { return &p.SignOutWipes }),
	row(Def{Key: "wipe_order", Section: SectionOffline, Label: "Order to wipe", Type: Text, Effect: "app/desk:TestAWipeThatIsOrderedIsCarriedOutOnceAndLeavesNothing",
		Help: "Set to any new text, such as the date and time, it wipes every officer's files and secrets of this profile at the next start, sign-in or unlock, or within a minute where Muster runs. Each text is obeyed once. Entries that no system has yet are lost."},
		func(p *Policy) *Setting[string] { return &p.WipeOrder }),

	row(Def{Key: "proxy", Section: SectionNetwork, Label: "Proxy", Type: Text, Default: "system", check: proxyAddress, Effect: "app/desk:TestServersAreReachedAsPolicySays",
		Help: "By which proxy servers are reached: system is what the computer is set to (on Windows a configuration script, PAC, too; elsewhere HTTPS_PROXY), none is directly, else an address such as http://proxy.force.example:3128."},
		func(p *Policy) *Setting[string] { return &p.Proxy }),
	row(Def{Key: "proxy_except", Section: SectionNetwork, Label: "Reached without the proxy", Type: List, Effect: "app/desk:TestServersAreReachedAsPolicySays",
		Help: "Hosts, domains and networks that are reached directly where proxy is an address, such as police.example or 10.0.0.0/8."},
		func(p *Policy) *Setting[[]string] { return &p.ProxyExcept }),
	row(Def{Key: "extra_ca", Section: SectionNetwork, Label: "Further certificate authority", Type: Text, check: absolute, Effect: "app/desk:TestServersAreReachedAsPolicySays",
		Help: "PEM file of the force's own authority, or of a proxy that opens TLS. It is believed beside those that the computer believes; only an administrator may be able to change the file."},
		func(p *Policy) *Setting[string] { return &p.ExtraCA }),

	row(Def{Key: "log_folder", Section: SectionSupport, Label: "Log folder", Type: Text, check: absolute, Effect: "app/desk:TestTheLogIsWhereAndAsFineAsPolicySays",
		Help: "Where the program's log is kept. Every officer of the computer must be able to write there. Not set, it is in the officer's own folder. Nothing about a person or a case is in it."},
		func(p *Policy) *Setting[string] { return &p.LogFolder }),
	row(Def{Key: "log_level", Section: SectionSupport, Label: "Logged from", Type: Choice, Choices: []string{"error", "warn", "info", "debug"}, Default: "info", Choosable: true, Effect: "app/desk:TestTheLogIsWhereAndAsFineAsPolicySays",
		Help: "How much the program's log says: error the least, debug the most. It takes hold at the next start."},
		func(p *Policy) *Setting[string] { return &p.LogLevel }),
	row(Def{Key: "log_keep", Section: SectionSupport, Label: "Logs kept for", Type: Duration, Default: "14d", check: between(day, 365*day, false), Effect: "app/desk:TestTheLogIsWhereAndAsFineAsPolicySays",
		Help: "How long a log that is full is kept. Of each officer at most six files of 5 MB are."},
		func(p *Policy) *Setting[time.Duration] { return &p.LogKeep }),

	row(Def{Key: "updates", Section: SectionProgram, Label: "Notice of updates", Type: Choice, Choices: []string{"off", "notice"}, Default: "off", Effect: "app/desk:TestUpdatesAreOffAndAtMostSaid",
		Help: "off asks nobody. notice lets the doctor ask updates_address which version is the latest, and say so. Muster never downloads or installs anything."},
		func(p *Policy) *Setting[string] { return &p.Updates }),
	row(Def{Key: "updates_address", Section: SectionProgram, Label: "Address of the latest version", Type: Text, check: webAddress, Effect: "app/desk:TestUpdatesAreOffAndAtMostSaid",
		Help: "A page of the force that holds the number of the latest version and nothing else, such as https://it.force.example/muster.txt."},
		func(p *Policy) *Setting[string] { return &p.UpdatesAddress }),
	row(Def{Key: "data_folder", Section: SectionProgram, Label: "Folder of the force's own data files", Type: Text, check: absolute, Effect: "app/desk:TestAForcesOwnFilesTakeThePlaceOfThoseThatShip",
		Help: "A folder whose files take the place of those that ship, under the same names: purposes.yaml, recipients.yaml, forms/*.yaml, dictionary/*.yaml. Only an administrator may be able to change it."},
		func(p *Policy) *Setting[string] { return &p.DataFolder }),

	row(Def{Key: "demo", Section: SectionProgram, Label: "Demonstration force allowed", Type: Bool, Default: "true", Effect: "app/desk:TestTheDemonstrationForceIsForbiddenByPolicy",
		Help: "Whether the demonstration force, which is made up, can be started on this computer."},
		func(p *Policy) *Setting[bool] { return &p.Demo }),

	row(Def{Key: "store_rollback", Section: SectionProgram, Label: "An officer's file that is older than it was", Type: Choice, Choices: []string{"say", "refuse"}, Default: "say",
		Effect: "app/desk:TestAFilePutBackIsSaidRecordedAndRefusedWherePolicySaysSo",
		Help:   "What happens where an officer's file was put back to an earlier state: say opens it all the same and tells the officer; refuse does not open it."},
		func(p *Policy) *Setting[string] { return &p.StoreRollback }),
	row(Def{Key: "audit_forward", Section: SectionProgram, Label: "Collector of the log of accesses", Type: Text, check: hostPort, Effect: auditEffect,
		Help: "HOST:PORT of a collector that takes syslog (RFC 5424) over TLS (RFC 5425). Every record goes there too; while it does not answer they wait, and nothing is lost. Records can be long: let it take messages of 64 KiB."},
		func(p *Policy) *Setting[string] { return &p.AuditForward }),
	row(Def{Key: "audit_forward_authority", Section: SectionProgram, Label: "Authority of the collector", Type: Text, Effect: auditEffect,
		Help: "PEM file of the certificate authority that vouches for the collector; not set, those that this computer trusts."},
		func(p *Policy) *Setting[string] { return &p.AuditAuthority }),
	row(Def{Key: "audit_forward_server", Section: SectionProgram, Label: "Name in the collector's certificate", Type: Text, Effect: auditEffect,
		Help: "Where the certificate names another host than the address does."},
		func(p *Policy) *Setting[string] { return &p.AuditForwardServer }),

	mapPart(Def{Key: "map.kind", Label: "Kind of map server", Type: Choice, Choices: []string{"none", "xyz", "wmts"}, Effect: mapEffect,
		Help: "How the server of map pictures is asked. none forbids every map server: a case is then shown on a plain sheet."},
		func(m *Map) *string { return &m.Kind }),
	mapPart(Def{Key: "map.url", Label: "Address of map pictures", Type: Text, Effect: mapEffect,
		Help: "For xyz with {z}, {x} and {y} in it; for wmts with {TileMatrix}, {TileRow} and {TileCol}, or the address that takes parameters."},
		func(m *Map) *string { return &m.URL }),
	mapPart(Def{Key: "map.attribution", Label: "Attribution", Type: Text, Effect: mapEffect,
		Help: "Who must be named on the map."},
		func(m *Map) *string { return &m.Attribution }),
	mapPart(Def{Key: "map.min_zoom", Label: "Smallest zoom", Type: Number, Effect: mapEffect,
		Help: "The smallest zoom that the server has pictures of."},
		func(m *Map) *int { return &m.MinZoom }),
	mapPart(Def{Key: "map.max_zoom", Label: "Largest zoom", Type: Number, Effect: mapEffect,
		Help: "The largest zoom that the server has pictures of; 0 is 19."},
		func(m *Map) *int { return &m.MaxZoom }),
	mapPart(Def{Key: "map.tile_size", Label: "Size of a picture", Type: Number, Effect: mapEffect,
		Help: "256 or 512 pixels; 0 is 256."},
		func(m *Map) *int { return &m.TileSize }),
	mapPart(Def{Key: "map.key_header", Label: "Header of the key", Type: Text, Effect: mapEffect,
		Help: "Header in which the key is sent that lies in the keyring. The key itself is never a policy."},
		func(m *Map) *string { return &m.KeyHeader }),
	mapPart(Def{Key: "map.key_query", Label: "Parameter of the key", Type: Text, Effect: mapEffect,
		Help: "Parameter of the address in which the key is sent, where the server takes no header."},
		func(m *Map) *string { return &m.KeyQuery }),
	mapPart(Def{Key: "map.layer", Label: "Layer", Type: Text, Effect: mapEffect,
		Help: "Of wmts: the name of the layer."},
		func(m *Map) *string { return &m.Layer }),
	mapPart(Def{Key: "map.style", Label: "Style", Type: Text, Effect: mapEffect,
		Help: "Of wmts: the name of the style."},
		func(m *Map) *string { return &m.Style }),
	mapPart(Def{Key: "map.matrix_set", Label: "Matrix set", Type: Text, Effect: mapEffect,
		Help: "Of wmts: one in Web Mercator, such as EPSG:3857."},
		func(m *Map) *string { return &m.MatrixSet }),
	mapPart(Def{Key: "map.matrix", Label: "Matrix of a zoom", Type: Text, Effect: mapEffect,
		Help: "Of wmts: the name of the matrix of a zoom; {z} stands for it."},
		func(m *Map) *string { return &m.Matrix }),
	mapPart(Def{Key: "map.format", Label: "Picture format", Type: Text, Effect: mapEffect,
		Help: "Of wmts: image/png or image/jpeg."},
		func(m *Map) *string { return &m.Format }),
}

const auditEffect = "app/desk:TestForwardingWaitsForItsCollector"

func hostPort(v any) error {
	s, _ := v.(string)
	if host, port, err := net.SplitHostPort(s); err != nil || host == "" || port == "" {
		return wrong("must be HOST:PORT, such as log.force.example:6514")
	}
	return nil
}

func webAddress(v any) error {
	s, _ := v.(string)
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return wrong("must be a web address such as https://login.example.police.uk")
	}
	return nil
}

func proxyAddress(v any) error {
	s, _ := v.(string)
	if s == "system" || s == "none" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		return wrong("must be system, none or an address such as http://proxy.force.example:3128")
	}
	if u.User != nil {
		return wrong("must hold no password: every user of the computer can read it")
	}
	return nil
}

func keysCheck(v any) error {
	m, _ := v.(map[string]string)
	_, err := signed.Parse(m)
	return err
}

func absolute(v any) error {
	s, _ := v.(string)
	if !filepath.IsAbs(s) && !strings.HasPrefix(s, `%`) {
		return wrong("must be a whole path, not %q", s)
	}
	return nil
}
