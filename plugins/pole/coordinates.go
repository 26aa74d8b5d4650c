package pole

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// British National Grid and WGS84 are converted as Ordnance Survey's "A guide to coordinate systems in Great Britain"
// prints it: a transverse Mercator projection of Airy 1830 and a seven-parameter Helmert transformation. The Helmert
// step is good to about 5 metres (95 %); the projection alone to a millimetre. That serves a map and not a boundary.

type ellipsoid struct{ a, b float64 }

var (
	airy  = ellipsoid{6377563.396, 6356256.909}
	grs80 = ellipsoid{6378137.000, 6356752.3141} // WGS84 to within 0.1 mm
)

func (e ellipsoid) e2() float64 { return (e.a*e.a - e.b*e.b) / (e.a * e.a) }

// The National Grid's projection.
const (
	gridScale = 0.9996012717
	gridE0    = 400000.0
	gridN0    = -100000.0
)

var (
	gridLat0 = rad(49)
	gridLon0 = rad(-2)
)

func rad(d float64) float64 { return d * math.Pi / 180 }
func deg(r float64) float64 { return r * 180 / math.Pi }

// meridian is the developed arc of the meridian from the true origin to lat.
func meridian(lat float64) float64 {
	n := (airy.a - airy.b) / (airy.a + airy.b)
	n2, n3 := n*n, n*n*n
	d, s := lat-gridLat0, lat+gridLat0
	return airy.b * gridScale * ((1+n+1.25*n2+1.25*n3)*d -
		(3*n+3*n2+21.0/8*n3)*math.Sin(d)*math.Cos(s) +
		(15.0/8*n2+15.0/8*n3)*math.Sin(2*d)*math.Cos(2*s) -
		35.0/24*n3*math.Sin(3*d)*math.Cos(3*s))
}

// project turns OSGB36 latitude and longitude (radians) into easting and northing (metres).
func project(lat, lon float64) (e, n float64) {
	sin, cos, tan := math.Sin(lat), math.Cos(lat), math.Tan(lat)
	e2 := airy.e2()
	nu := airy.a * gridScale / math.Sqrt(1-e2*sin*sin)
	rho := airy.a * gridScale * (1 - e2) * math.Pow(1-e2*sin*sin, -1.5)
	eta2 := nu/rho - 1
	t2 := tan * tan
	t4 := t2 * t2
	c3, c5 := cos*cos*cos, math.Pow(cos, 5)
	i := meridian(lat) + gridN0
	ii := nu / 2 * sin * cos
	iii := nu / 24 * sin * c3 * (5 - t2 + 9*eta2)
	iiia := nu / 720 * sin * c5 * (61 - 58*t2 + t4)
	iv := nu * cos
	v := nu / 6 * c3 * (nu/rho - t2)
	vi := nu / 120 * c5 * (5 - 18*t2 + t4 + 14*eta2 - 58*t2*eta2)
	l := lon - gridLon0
	l2 := l * l
	n = i + ii*l2 + iii*l2*l2 + iiia*l2*l2*l2
	e = gridE0 + iv*l + v*l*l2 + vi*l*l2*l2
	return e, n
}

// unproject is the inverse of project.
func unproject(e, n float64) (lat, lon float64) {
	lat = (n-gridN0)/(airy.a*gridScale) + gridLat0
	for range 50 {
		d := n - gridN0 - meridian(lat)
		if math.Abs(d) < 1e-5 {
			break
		}
		lat += d / (airy.a * gridScale)
	}
	sin, tan, sec := math.Sin(lat), math.Tan(lat), 1/math.Cos(lat)
	e2 := airy.e2()
	nu := airy.a * gridScale / math.Sqrt(1-e2*sin*sin)
	rho := airy.a * gridScale * (1 - e2) * math.Pow(1-e2*sin*sin, -1.5)
	eta2 := nu/rho - 1
	t2 := tan * tan
	t4, t6 := t2*t2, t2*t2*t2
	nu3, nu5, nu7 := nu*nu*nu, math.Pow(nu, 5), math.Pow(nu, 7)
	vii := tan / (2 * rho * nu)
	viii := tan / (24 * rho * nu3) * (5 + 3*t2 + eta2 - 9*t2*eta2)
	ix := tan / (720 * rho * nu5) * (61 + 90*t2 + 45*t4)
	x := sec / nu
	xi := sec / (6 * nu3) * (nu/rho + 2*t2)
	xii := sec / (120 * nu5) * (5 + 28*t2 + 24*t4)
	xiia := sec / (5040 * nu7) * (61 + 662*t2 + 1320*t4 + 720*t6)
	d := e - gridE0
	d2 := d * d
	lat += -vii*d2 + viii*d2*d2 - ix*d2*d2*d2
	lon = gridLon0 + x*d - xi*d*d2 + xii*d*d2*d2 - xiia*d*d2*d2*d2
	return lat, lon
}

func cartesian(l ellipsoid, lat, lon float64) (x, y, z float64) {
	sin := math.Sin(lat)
	nu := l.a / math.Sqrt(1-l.e2()*sin*sin)
	return nu * math.Cos(lat) * math.Cos(lon), nu * math.Cos(lat) * math.Sin(lon), nu * (1 - l.e2()) * sin
}

func geodetic(l ellipsoid, x, y, z float64) (lat, lon float64) {
	p := math.Hypot(x, y)
	lat = math.Atan2(z, p*(1-l.e2()))
	for range 20 {
		sin := math.Sin(lat)
		nu := l.a / math.Sqrt(1-l.e2()*sin*sin)
		next := math.Atan2(z+l.e2()*nu*sin, p)
		done := math.Abs(next-lat) < 1e-13
		lat = next
		if done {
			break
		}
	}
	return lat, math.Atan2(y, x)
}

// helmert moves WGS84 cartesian coordinates to OSGB36, or back with sign -1.
func helmert(x, y, z, sign float64) (float64, float64, float64) {
	const tx, ty, tz, s = -446.448, 125.157, -542.060, 20.4894e-6
	rx, ry, rz := rad(-0.1502/3600)*sign, rad(-0.2470/3600)*sign, rad(-0.8421/3600)*sign
	k := 1 + s*sign
	return tx*sign + k*x - rz*y + ry*z, ty*sign + rz*x + k*y - rx*z, tz*sign - ry*x + rx*y + k*z
}

// ToGrid converts WGS84 degrees to British National Grid easting and northing in metres, good to about 5 metres.
// ok is false outside the grid.
func ToGrid(lat, lon float64) (easting, northing float64, ok bool) {
	if !(lat > 48 && lat < 62 && lon > -11 && lon < 4) {
		return 0, 0, false
	}
	x, y, z := cartesian(grs80, rad(lat), rad(lon))
	x, y, z = helmert(x, y, z, 1)
	easting, northing = project(geodetic(airy, x, y, z))
	return easting, northing, onGrid(easting, northing)
}

// FromGrid converts British National Grid easting and northing in metres to WGS84 degrees, good to about 5 metres.
// ok is false outside the grid.
func FromGrid(easting, northing float64) (lat, lon float64, ok bool) {
	if !onGrid(easting, northing) {
		return 0, 0, false
	}
	x, y, z := cartesian(airy, first(unproject(easting, northing)), second(unproject(easting, northing)))
	x, y, z = helmert(x, y, z, -1)
	lat, lon = geodetic(grs80, x, y, z)
	return deg(lat), deg(lon), true
}

func first(a, _ float64) float64  { return a }
func second(_, b float64) float64 { return b }

func onGrid(e, n float64) bool { return e >= 0 && e < 700000 && n >= 0 && n < 1300000 }

// GridReference writes an easting and northing with the letters of its 100 km square and 1 to 5 digits for each way:
// "SE 30643 33746". It is "" outside the grid.
func GridReference(easting, northing float64, digits int) string {
	if !onGrid(easting, northing) || digits < 1 || digits > 5 {
		return ""
	}
	e, n := int(easting), int(northing)
	col, row := e/100000, n/100000
	l1 := (19 - row) - (19-row)%5 + (col+10)/5
	l2 := (19-row)*5%25 + col%5
	if l1 > 7 {
		l1++
	}
	if l2 > 7 {
		l2++
	}
	div := int(math.Pow10(5 - digits))
	return fmt.Sprintf("%c%c %0*d %0*d", 'A'+l1, 'A'+l2, digits, e%100000/div, digits, n%100000/div)
}

var (
	gridForm   = regexp.MustCompile(`^([HJNOST])([A-HJ-Z])((?:\d\d){1,5})$`)
	latLonForm = regexp.MustCompile(`^([+-]?\d{1,3}(?:\.\d+)?)°?([NS])?[, ]+([+-]?\d{1,3}(?:\.\d+)?)°?([EW])?$`)
	eastNorth  = regexp.MustCompile(`^E?(\d{4,6}(?:\.\d+)?)[, ]+N?(\d{4,7}(?:\.\d+)?)$`)
)

// readGridReference gives the south-west corner of the square that a reference names.
func readGridReference(s string) (e, n float64, ok bool) {
	m := gridForm.FindStringSubmatch(strings.NewReplacer(" ", "", ",", "").Replace(s))
	if m == nil {
		return 0, 0, false
	}
	idx := func(c byte) int {
		i := int(c - 'A')
		if c > 'I' {
			i--
		}
		return i
	}
	l1, l2 := idx(m[1][0]), idx(m[2][0])
	col := (l1-2)%5*5 + l2%5
	row := 19 - l1/5*5 - l2/5
	half := len(m[3]) / 2
	unit := math.Pow10(5 - half)
	de, _ := strconv.ParseFloat(m[3][:half], 64)
	dn, _ := strconv.ParseFloat(m[3][half:], 64)
	e, n = float64(col)*100000+de*unit, float64(row)*100000+dn*unit
	return e, n, onGrid(e, n)
}

const problemCoordinates = "These are not coordinates: write latitude, longitude or a grid reference."

// readCoordinates reads WGS84 "lat, lon", a grid reference, or an easting and northing.
func readCoordinates(s string) (norm, problem string) {
	s = strings.ToUpper(strings.Trim(strings.TrimSpace(s), "()[]"))
	if m := latLonForm.FindStringSubmatch(s); m != nil {
		lat, _ := strconv.ParseFloat(m[1], 64)
		lon, _ := strconv.ParseFloat(m[3], 64)
		if m[2] == "S" {
			lat = -lat
		}
		if m[4] == "W" {
			lon = -lon
		}
		if math.Abs(lat) > 90 || math.Abs(lon) > 180 {
			return "", problemCoordinates
		}
		if lat == 0 && lon == 0 {
			return "", "Systems write 0, 0 when they do not know a place."
		}
		return latLon(lat, lon), ""
	}
	e, n, ok := readGridReference(s)
	if m := eastNorth.FindStringSubmatch(s); !ok && m != nil {
		e, _ = strconv.ParseFloat(m[1], 64)
		n, _ = strconv.ParseFloat(m[2], 64)
		ok = true
	}
	if ok {
		if lat, lon, ok := FromGrid(e, n); ok {
			return latLon(lat, lon), ""
		}
	}
	return "", problemCoordinates
}

func latLon(lat, lon float64) string {
	f := func(x float64) string {
		s := strconv.FormatFloat(x, 'f', 5, 64)
		if s == "-0.00000" {
			return "0.00000"
		}
		return s
	}
	return f(lat) + "," + f(lon)
}

// LatLon takes canonical coordinates apart.
func LatLon(norm string) (lat, lon float64, ok bool) {
	a, b, found := strings.Cut(norm, ",")
	if !found {
		return 0, 0, false
	}
	lat, err1 := strconv.ParseFloat(a, 64)
	lon, err2 := strconv.ParseFloat(b, 64)
	return lat, lon, err1 == nil && err2 == nil && math.Abs(lat) <= 90 && math.Abs(lon) <= 180
}

// Distance is the way in metres between two points in degrees, on a sphere: good to half a percent.
func Distance(lat1, lon1, lat2, lon2 float64) float64 {
	const r = 6371008.8
	s1, s2 := math.Sin(rad(lat2-lat1)/2), math.Sin(rad(lon2-lon1)/2)
	h := s1*s1 + math.Cos(rad(lat1))*math.Cos(rad(lat2))*s2*s2
	return 2 * r * math.Asin(math.Min(1, math.Sqrt(h)))
}

// Within is how exactly a source's own words of a point say it, in metres: the side of the square that a grid reference names,
// or the step of the last decimal of degrees. It is 0 where they are no coordinates.
func Within(source string) float64 {
	s := strings.ToUpper(strings.Trim(strings.TrimSpace(source), "()[]"))
	if m := latLonForm.FindStringSubmatch(s); m != nil {
		decimals := 0
		for _, x := range []string{m[1], m[3]} {
			_, after, _ := strings.Cut(x, ".")
			decimals = max(decimals, len(after))
		}
		return 111_000 / math.Pow10(decimals)
	}
	if m := gridForm.FindStringSubmatch(strings.NewReplacer(" ", "", ",", "").Replace(s)); m != nil {
		return math.Pow10(5 - len(m[3])/2)
	}
	if eastNorth.MatchString(s) {
		return 1
	}
	return 0
}

// IsGridReference reports whether a source's words are a National Grid reference with letters, which names a square by its
// south-west corner.
func IsGridReference(source string) bool {
	_, _, ok := readGridReference(strings.ToUpper(source))
	return ok
}
