package demoforce

import (
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

const spForce = "northmoor"

// streetcrime answers as data.police.uk does, over this force's events.
type streetcrime struct {
	base           string
	limit          *rate.Limiter
	latest, oldest string
	crimes         []*spCrime
	stops          []*spStop
	middles        map[int]*spLocation
	most           int // results that one area may have
}

func newStreetcrime(w *world, base string) *streetcrime {
	s := &streetcrime{base: base + "/api", limit: rate.NewLimiter(15, 30), middles: map[int]*spLocation{}, most: 10000}
	s.load(w)
	return s
}

var spCategories = [][2]string{{"all-crime", "All crime"}, {"anti-social-behaviour", "Anti-social behaviour"}, {"bicycle-theft", "Bicycle theft"}, {"burglary", "Burglary"}, {"criminal-damage-arson", "Criminal damage and arson"},
	{"drugs", "Drugs"}, {"other-theft", "Other theft"}, {"possession-of-weapons", "Possession of weapons"}, {"public-order", "Public order"}, {"robbery", "Robbery"}, {"shoplifting", "Shoplifting"}, {"theft-from-the-person", "Theft from the person"},
	{"vehicle-crime", "Vehicle crime"}, {"violent-crime", "Violence and sexual offences"}, {"other-crime", "Other crime"}}

var monthForm = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])$`)

type spPoint struct{ lat, lng float64 }

func (s *streetcrime) handler() http.Handler {
	m := http.NewServeMux()
	h := func(path string, f func(w http.ResponseWriter, r *http.Request, q url.Values)) {
		m.HandleFunc("/api"+path, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet && r.Method != http.MethodPost {
				http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
				return
			}
			if !s.limit.Allow() {
				http.Error(w, "Too Many Requests", http.StatusTooManyRequests)
				return
			}
			if err := r.ParseForm(); err != nil {
				http.Error(w, "Bad Request", http.StatusBadRequest)
				return
			}
			if d := r.Form.Get("date"); d != "" && !monthForm.MatchString(d) {
				http.Error(w, "Invalid date", http.StatusBadRequest)
				return
			}
			f(w, r, r.Form)
		})
	}
	send := func(v any) func(http.ResponseWriter, *http.Request, url.Values) {
		return func(w http.ResponseWriter, _ *http.Request, _ url.Values) { writeJSON(w, http.StatusOK, v) }
	}
	ours := func(f func(http.ResponseWriter, *http.Request, url.Values)) func(http.ResponseWriter, *http.Request, url.Values) {
		return func(w http.ResponseWriter, r *http.Request, q url.Values) {
			if or(r.PathValue("force"), q.Get("force")) != spForce {
				http.Error(w, "Not Found", http.StatusNotFound)
				return
			}
			f(w, r, q)
		}
	}
	h("/forces", send([]map[string]string{{"id": spForce, "name": ForceName}}))
	h("/forces/{force}", ours(send(map[string]any{"id": spForce, "name": ForceName, "telephone": "101", "url": "https://www.northmoor.police.example/", "description": nil, "engagement_methods": []any{}})))
	h("/forces/{force}/people", ours(send([]map[string]any{{"name": "Margaret Ibbotson", "rank": "Chief Constable", "bio": nil, "contact_details": map[string]string{}}})))
	h("/crime-categories", func(w http.ResponseWriter, _ *http.Request, _ url.Values) {
		var out []map[string]string
		for _, c := range spCategories {
			out = append(out, map[string]string{"url": c[0], "name": c[1]})
		}
		writeJSON(w, http.StatusOK, out)
	})
	h("/crime-last-updated", send(map[string]string{"date": s.latest + "-01"}))
	h("/crimes-street-dates", func(w http.ResponseWriter, _ *http.Request, _ url.Values) {
		out := []map[string]any{}
		for t, _ := time.Parse("2006-01", s.latest); spMonth(t) >= s.oldest; t = t.AddDate(0, -1, 0) {
			out = append(out, map[string]any{"date": spMonth(t), "stop-and-search": []string{spForce}})
		}
		writeJSON(w, http.StatusOK, out)
	})
	h("/crimes-street/{category}", s.crimesStreet)
	h("/crimes-at-location", func(w http.ResponseWriter, _ *http.Request, q url.Values) { s.crimesAt(w, q, false) })
	h("/outcomes-at-location", func(w http.ResponseWriter, _ *http.Request, q url.Values) { s.crimesAt(w, q, true) })
	h("/crimes-no-location", ours(func(w http.ResponseWriter, _ *http.Request, q url.Values) {
		s.reply(w, q, func(c *spCrime) bool { return c.Location == nil && category(q.Get("category"), c) })
	}))
	h("/outcomes-for-crime/{id}", s.outcomesFor)
	h("/stops-street", func(w http.ResponseWriter, _ *http.Request, q url.Values) {
		if in, ok := area(w, q); ok {
			s.replyStops(w, q, func(x *spStop) bool { return in(x.Location) })
		}
	})
	h("/stops-at-location", func(w http.ResponseWriter, _ *http.Request, q url.Values) {
		id, err := strconv.Atoi(q.Get("location_id"))
		if err != nil {
			http.Error(w, "location_id is needed", http.StatusBadRequest)
			return
		}
		s.replyStops(w, q, func(x *spStop) bool { return x.Location != nil && x.Location.Street.ID == id })
	})
	h("/stops-force", ours(func(w http.ResponseWriter, _ *http.Request, q url.Values) {
		s.replyStops(w, q, func(*spStop) bool { return true })
	}))
	h("/stops-no-location", ours(func(w http.ResponseWriter, _ *http.Request, q url.Values) {
		s.replyStops(w, q, func(x *spStop) bool { return x.Location == nil })
	}))
	h("/locate-neighbourhood", s.locate)
	h("/"+spForce+"/neighbourhoods", func(w http.ResponseWriter, _ *http.Request, _ url.Values) {
		out := []map[string]string{}
		for _, d := range districts {
			out = append(out, map[string]string{"id": d.beat, "name": d.town + " " + d.out})
		}
		writeJSON(w, http.StatusOK, out)
	})
	h("/"+spForce+"/{id}", s.neighbourhood)
	h("/"+spForce+"/{id}/{part}", s.neighbourhood)
	return m
}

func category(want string, c *spCrime) bool { return want == "all-crime" || want == c.Category }

func known(cat string) bool {
	return slices.ContainsFunc(spCategories, func(c [2]string) bool { return c[0] == cat })
}

func (s *streetcrime) month(q url.Values) string { return or(q.Get("date"), s.latest) }

func (s *streetcrime) reply(w http.ResponseWriter, q url.Values, match func(*spCrime) bool) {
	out := []*spCrime{}
	for _, c := range s.crimes {
		if c.Month == s.month(q) && match(c) {
			out = append(out, c)
		}
	}
	if len(out) > s.most {
		http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
		return
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *streetcrime) replyStops(w http.ResponseWriter, q url.Values, match func(*spStop) bool) {
	out := []*spStop{}
	for _, x := range s.stops {
		if x.month == s.month(q) && match(x) {
			out = append(out, x)
		}
	}
	writeJSON(w, http.StatusOK, out)
}

// area reads lat and lng (within a mile) or poly; it has answered when ok is false.
func area(w http.ResponseWriter, q url.Values) (in func(*spLocation) bool, ok bool) {
	bad := func() (func(*spLocation) bool, bool) {
		http.Error(w, "Bad Request: lat and lng, or poly, are needed", http.StatusBadRequest)
		return nil, false
	}
	var poly []spPoint
	if p := q.Get("poly"); p != "" {
		for _, pair := range strings.Split(p, ":") {
			a, b, cut := strings.Cut(pair, ",")
			pt, good := pointOf(a, b)
			if !cut || !good {
				return bad()
			}
			poly = append(poly, pt)
		}
		if len(poly) < 3 {
			return bad()
		}
		return func(l *spLocation) bool {
			pt, good := l.point()
			return good && pt.inside(poly)
		}, true
	}
	mid, good := pointOf(q.Get("lat"), q.Get("lng"))
	if !good {
		return bad()
	}
	return func(l *spLocation) bool {
		pt, good := l.point()
		return good && pt.metres(mid) <= 1609.34
	}, true
}

func pointOf(a, b string) (spPoint, bool) {
	lat, err := strconv.ParseFloat(a, 64)
	lng, err2 := strconv.ParseFloat(b, 64)
	return spPoint{lat, lng}, err == nil && err2 == nil && math.Abs(lat) <= 90 && math.Abs(lng) <= 180
}

func (l *spLocation) point() (spPoint, bool) {
	if l == nil {
		return spPoint{}, false
	}
	return pointOf(l.Latitude, l.Longitude)
}

func (p spPoint) metres(o spPoint) float64 {
	const rad = math.Pi / 180
	x := (p.lng - o.lng) * rad * math.Cos((p.lat+o.lat)/2*rad)
	return 6371000 * math.Hypot(x, (p.lat-o.lat)*rad)
}

func (p spPoint) inside(poly []spPoint) bool {
	in := false
	for i, j := 0, len(poly)-1; i < len(poly); j, i = i, i+1 {
		a, b := poly[i], poly[j]
		if (a.lat > p.lat) != (b.lat > p.lat) && p.lng < (b.lng-a.lng)*(p.lat-a.lat)/(b.lat-a.lat)+a.lng {
			in = !in
		}
	}
	return in
}

func (s *streetcrime) crimesStreet(w http.ResponseWriter, r *http.Request, q url.Values) {
	cat := r.PathValue("category")
	if !known(cat) {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	if in, ok := area(w, q); ok {
		s.reply(w, q, func(c *spCrime) bool { return category(cat, c) && in(c.Location) })
	}
}

// crimesAt gives the crimes, or their outcomes, of one snap point.
func (s *streetcrime) crimesAt(w http.ResponseWriter, q url.Values, outcomes bool) {
	id, err := strconv.Atoi(q.Get("location_id"))
	if err != nil {
		mid, good := pointOf(q.Get("lat"), q.Get("lng"))
		if !good {
			http.Error(w, "location_id, or lat and lng, are needed", http.StatusBadRequest)
			return
		}
		best := math.MaxFloat64
		for k, l := range s.middles {
			if pt, ok := l.point(); ok && pt.metres(mid) < best {
				id, best = k, pt.metres(mid)
			}
		}
	}
	at := func(c *spCrime) bool { return c.Location != nil && c.Location.Street.ID == id }
	if !outcomes {
		s.reply(w, q, at)
		return
	}
	out := []map[string]any{}
	for _, c := range s.crimes {
		if c.Month == s.month(q) && at(c) && c.OutcomeStatus != nil {
			out = append(out, outcomeOf(c))
		}
	}
	writeJSON(w, http.StatusOK, out)
}

func outcomeOf(c *spCrime) map[string]any {
	code := strings.Trim(regexp.MustCompile(`[^a-z]+`).ReplaceAllString(strings.ToLower(c.OutcomeStatus.Category), "-"), "-")
	return map[string]any{"category": map[string]string{"code": code, "name": c.OutcomeStatus.Category}, "date": c.OutcomeStatus.Date, "person_id": nil, "crime": c}
}

func (s *streetcrime) outcomesFor(w http.ResponseWriter, r *http.Request, _ url.Values) {
	for _, c := range s.crimes {
		if c.PersistentID == r.PathValue("id") {
			outs := []map[string]any{}
			if c.OutcomeStatus != nil {
				o := outcomeOf(c)
				delete(o, "crime")
				outs = append(outs, o)
			}
			writeJSON(w, http.StatusOK, map[string]any{"crime": c, "outcomes": outs})
			return
		}
	}
	http.Error(w, "Not Found", http.StatusNotFound)
}

func (s *streetcrime) locate(w http.ResponseWriter, _ *http.Request, q url.Values) {
	a, b, _ := strings.Cut(q.Get("q"), ",")
	p, ok := pointOf(a, b)
	if !ok {
		http.Error(w, "q is lat,lng", http.StatusBadRequest)
		return
	}
	best, id := 6000.0, ""
	for _, d := range districts {
		if m := p.metres(spPoint{d.lat, d.lng}); m < best {
			best, id = m, d.beat
		}
	}
	if id == "" {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"force": spForce, "neighbourhood": id})
}

func (s *streetcrime) neighbourhood(w http.ResponseWriter, r *http.Request, _ url.Values) {
	i := slices.IndexFunc(districts, func(d district) bool { return d.beat == r.PathValue("id") })
	if i < 0 {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	d := districts[i]
	f := func(x float64) string { return strconv.FormatFloat(x, 'f', 6, 64) }
	switch r.PathValue("part") {
	case "":
		writeJSON(w, http.StatusOK, map[string]any{"id": d.beat, "name": d.town + " " + d.out, "population": "0", "centre": map[string]string{"latitude": f(d.lat), "longitude": f(d.lng)},
			"locations": []any{}, "links": []any{}, "description": nil, "url_force": "https://www.northmoor.police.example/" + d.beat, "contact_details": map[string]string{}})
	case "boundary":
		var out []map[string]string
		for _, c := range [][2]float64{{-1, -1}, {-1, 1}, {1, 1}, {1, -1}, {-1, -1}} {
			out = append(out, map[string]string{"latitude": f(d.lat + c[0]*0.013), "longitude": f(d.lng + c[1]*0.02)})
		}
		writeJSON(w, http.StatusOK, out)
	case "people":
		writeJSON(w, http.StatusOK, []map[string]any{{"name": "Harpreet Singh", "rank": "Sgt", "bio": nil, "contact_details": map[string]string{}}})
	case "events":
		writeJSON(w, http.StatusOK, []any{})
	case "priorities":
		writeJSON(w, http.StatusOK, []map[string]any{{"issue": "Off-road bikes", "issue-date": s.latest + "-01T00:00:00", "action": nil, "action-date": nil}})
	default:
		http.Error(w, "Not Found", http.StatusNotFound)
	}
}
