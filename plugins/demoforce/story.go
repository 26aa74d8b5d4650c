package demoforce

import "time"

// The story is a handful of people whose records never change with the seed, so that a guided tour, a test and a
// screenshot can name them. Their ids stand in the constants below and in doc.go.
const (
	storyAaron  = "NOM0100001" // MILLER, Aaron James, missing
	storyAndrea = "NOM0100002" // MILLER, Andrea, his mother
	storyAron   = "NOM0100003" // MILLAR, Aron: Aaron again, as a stop form has him
	storyYusuf  = "NOM0100004" // KHAN, Yusuf, seen with Aaron
	storyDoyle  = "NOM0100005" // DOYLE, Kieran Mark
)

// lastDate is the latest such moment, local time, that is at least a week past.
func (w *world) lastDate(m time.Month, d, hh, mm int) time.Time {
	y := w.now.In(w.loc).Year()
	t := time.Date(y, m, d, hh, mm, 0, 0, w.loc)
	for t.After(w.now.AddDate(0, 0, -7)) {
		y--
		t = time.Date(y, m, d, hh, mm, 0, 0, w.loc)
	}
	return t.UTC()
}

func (w *world) ago(minutes int) time.Time {
	return w.now.Add(-time.Duration(minutes) * time.Minute).Truncate(time.Minute)
}

func offenceBy(text string) offence {
	for _, o := range offences {
		if o.text == text {
			return o
		}
	}
	panic("demoforce: no such offence: " + text)
}

func (w *world) makeStory() {
	leeds := func(building, street, postcode string, lat, lng float64) *place {
		return w.addPlace(&place{building: building, street: street, town: "Leeds", postcode: postcode, out: postcode[:3], beat: postcode[:3] + "-2", lat: lat, lng: lng, story: true})
	}
	alder := leeds("12", "Alder Rise", "LS8 2QX", 53.82910, -1.50120)
	brook4 := leeds("4", "Brook Court", "LS7 4HG", 53.81870, -1.53010)
	brook3 := leeds("3", "Brook Court", "LS7 4HG", 53.81860, -1.53030)
	brook3.sub = "Flat 9"
	mall := leeds("Unit 14", "Northgate Centre", "LS7 4HB", 53.81510, -1.53350)
	junction := leeds("Junction of", "Larch Road and Weavers Lane", "LS7 4HJ", 53.82020, -1.53720)
	counter := leeds("Front counter", "Northmoor Central", "LS33 1AB", 53.85210, -1.57580)

	resident := func(story, sur, given, middle string, sex byte, dob day, at *place, from day) *person {
		p := &person{story: story, sur: sur, given: given, middle: middle, sex: sex, dob: dob, eth: "W1", born: "Leeds", height: 175, build: "medium"}
		p.homes = []stay{{at: at, from: from}}
		return w.addPerson(p)
	}
	aaron := resident("aaron", "Miller", "Aaron", "James", 'M', day{2011, 11, 3}, alder, day{2021, 8, 14})
	aaron.mobile, aaron.pnc, aaron.school, aaron.height, aaron.build = "07700900412", pncID(2023, 120018), "Roundhay", 168, "slim"
	aaron.nicks = []string{"Azza"}
	aaron.warns = []warn{{"SH", dayOf(w.lastDate(time.June, 2, 9, 0))}}
	aaron.missing = w.ago(384)
	andrea := resident("andrea", "Miller", "Andrea", "", 'F', day{1982, 5, 17}, alder, day{2021, 8, 14})
	andrea.mobile, andrea.job = "07700900318", "Care assistant"
	relate(aaron, nil, andrea)
	yusuf := resident("yusuf", "Khan", "Yusuf", "", 'M', day{2010, 2, 21}, brook3, day{2019, 3, 1})
	yusuf.eth, yusuf.mobile, yusuf.school = "A2", "07700900777", "Roundhay"
	yusuf.kin = append(yusuf.kin, kin{"ASSOCIATE", aaron})
	aaron.kin = append(aaron.kin, kin{"ASSOCIATE", yusuf})
	doyle := resident("doyle", "Doyle", "Kieran", "Mark", 'M', day{1998, 4, 22}, brook4, day{2022, 1, 10})
	doyle.pnc, doyle.cro, doyle.eth, doyle.nicks = pncID(2014, 120018), croNumber(52417, 2014), "W2", []string{"Kez"}
	doyle.warns = []warn{{"VI", day{2024, 3, 9}}, {"DR", day{2023, 11, 30}}}
	doyle.height, doyle.build = 183, "stocky"

	w.vrms["YK19FZB"] = true
	corsa := w.addVehicle(&vehicle{vrm: "YK19FZB", vin: "ZZZ0SXEP68K012345", car: carModel{"Vauxhall", "Corsa", "PETROL", 1398}, colour: "Blue", year: 2019, month: 4,
		keeper: andrea, taxed: true, motDue: w.now.AddDate(0, 3, 0)})

	add := func(h *happening) *happening {
		if h.priority == "" {
			h.priority = h.off.prio
		}
		if h.end.IsZero() && h.status == "closed" {
			h.end = h.at.Add(90 * time.Minute)
		}
		w.events = append(w.events, h)
		return h
	}
	// The live queue, newest first.
	add(&happening{off: offenceBy("Concern for safety"), at: w.ago(20), where: alder, cad: true, status: "open", officer: "2214", fixed: map[string]string{"cad": "CAD-0412"},
		headline: "Concern for safety — MILLER, Aaron, 15", people: []part{{"CALLER", andrea}, {"SUBJECT", aaron}}, vehicles: []*vehicle{corsa},
		text: "Mother reports son Aaron, 15, left home about 07:40 after an argument and has not arrived at school. Phone goes to voicemail. History of self-harm. Wearing a navy coat and grey trainers."})
	add(&happening{off: offenceBy("Road traffic collision"), at: w.ago(26), where: junction, cad: true, status: "open", officer: "3056", fixed: map[string]string{"cad": "CAD-0409"},
		headline: "RTC, two vehicles, no injuries", text: "Two cars in collision at the junction, no injuries, one lane blocked."})
	add(&happening{off: offenceBy("Shoplifting"), at: w.ago(37), where: mall, cad: true, status: "open", officer: "2214", priority: "P2", fixed: map[string]string{"cad": "CAD-0405"},
		headline: "Shop theft in progress, male detained", people: []part{{"SUSPECT", doyle}}, text: "Security have detained a male in unit 14 with goods concealed. Gives the name Kieran Doyle."})
	add(&happening{off: offenceBy("Noise"), at: w.ago(64), where: brook3, cad: true, status: "open", officer: "2980", priority: "P3", fixed: map[string]string{"cad": "CAD-0398"},
		headline: "Noise, third call this week", people: []part{{"SUBJECT", yusuf}}, text: "Loud music and shouting from flat 9, third call this week."})
	add(&happening{off: offenceBy("Found property"), at: w.ago(89), where: counter, cad: true, status: "open", officer: "1742", priority: "P3", fixed: map[string]string{"cad": "CAD-0391"},
		headline: "Found property, mobile phone", text: "Black mobile phone with a cracked screen handed in at the front counter."})
	// What went before.
	add(&happening{off: offenceBy("Missing person"), at: aaron.missing.Add(12 * time.Minute), where: alder, occ: true, status: "open", officer: "2214",
		people: []part{{"MISSING", aaron}, {"REPORTER", andrea}}, text: "Aaron MILLER reported missing from home by his mother. Medium risk pending review: self-harm marker."})
	add(&happening{off: offenceBy("Robbery of personal property"), at: w.lastDate(time.June, 2, 18, 31), where: junction, cad: true, crime: true, status: "closed", officer: "4471", outcome: "NFA",
		people: []part{{"VICTIM", aaron}, {"SUSPECT", doyle}}, text: "Aaron MILLER's telephone taken by an older male near the shops, knife seen."})
	stop := offences[9]
	stop.home, stop.occ, stop.text = "", "STOP", "Stop and search"
	add(&happening{off: stop, at: w.lastDate(time.September, 12, 22, 10), where: junction, occ: true, stop: true, status: "closed", officer: "3056", outcome: "NFA",
		people: []part{{"SEARCHED", aaron}, {"SEARCHED", yusuf}}, text: "Stop and search at Larch Road, no item found. Gives the name Aron Millar, no fixed abode."})
	add(&happening{off: offenceBy("Shoplifting"), at: w.lastDate(time.February, 14, 16, 5), where: mall, cad: true, crime: true, custody: true, status: "closed", officer: "3056", outcome: "NFA",
		people: []part{{"VICTIM", andrea}, {"SUSPECT", aaron}}, text: "Male youth detained at unit 14, headphones recovered. Appropriate adult attended."})
	for i, days := range []int{35, 120, 290} {
		add(&happening{off: offenceBy("Domestic incident"), at: w.ago(days*1440 + i*97), where: alder, cad: true, occ: i == 1, status: "closed", officer: "2980",
			people: []part{{"CALLER", andrea}}, text: "Argument between mother and son at 12 Alder Rise, no offences."})
	}
	add(&happening{off: offenceBy("Assault occasioning actual bodily harm"), at: w.lastDate(time.March, 9, 23, 40), where: brook4, cad: true, crime: true, custody: true, status: "closed", officer: "4471", outcome: "CHG",
		people: []part{{"VICTIM", yusuf}, {"SUSPECT", doyle}}, text: "Victim punched outside Brook Court, offender arrested nearby."})
	report := func(back int, title, text string, who ...*person) {
		h := &happening{intel: true, off: offence{text: "Intelligence report"}, at: w.ago(back * 1440), where: brook4, status: "closed", headline: title, text: text, grading: [3]string{"2", "C", "P"}}
		for _, p := range who {
			h.people = append(h.people, part{"SUBJECT", p})
		}
		add(h)
	}
	report(52, "Whereabouts – Brook Court", "A boy known as Azza, believed Aaron MILLER, is staying at 4 Brook Court some nights with Yusuf KHAN.", aaron, yusuf)
	report(17, "Association – Northgate Centre", "Aaron MILLER and Yusuf KHAN seen with Kieran DOYLE, who gave them a bag and a phone.", aaron, yusuf, doyle)
}
