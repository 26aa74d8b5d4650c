package demoforce

import "math"

// gridOf gives British National Grid easting and northing of a WGS84 position, to about five metres:
// a Helmert shift to OSGB36, then the transverse Mercator projection of the Airy 1830 ellipsoid.
func gridOf(lat, lng float64) (east, north int) {
	const rad = math.Pi / 180
	// WGS84 to cartesian
	a, b := 6378137.0, 6356752.3142
	e2 := 1 - b*b/(a*a)
	sp, cp := math.Sincos(lat * rad)
	sl, cl := math.Sincos(lng * rad)
	nu := a / math.Sqrt(1-e2*sp*sp)
	x, y, z := nu*cp*cl, nu*cp*sl, (1-e2)*nu*sp
	const tx, ty, tz, s = -446.448, 125.157, -542.060, 20.4894e-6
	rx, ry, rz := -0.1502/3600*rad, -0.2470/3600*rad, -0.8421/3600*rad
	x, y, z = tx+x*(1+s)-rz*y+ry*z, ty+rz*x+y*(1+s)-rx*z, tz-ry*x+rx*y+z*(1+s)
	// cartesian to OSGB36
	a, b = 6377563.396, 6356256.909
	e2 = 1 - b*b/(a*a)
	p := math.Hypot(x, y)
	phi := math.Atan2(z, p*(1-e2))
	for range 8 {
		sp = math.Sin(phi)
		nu = a / math.Sqrt(1-e2*sp*sp)
		phi = math.Atan2(z+e2*nu*sp, p)
	}
	lam := math.Atan2(y, x)
	// projection
	const f0, n0, e0 = 0.9996012717, -100000.0, 400000.0
	phi0, lam0 := 49*rad, -2*rad
	n := (a - b) / (a + b)
	sp, cp = math.Sincos(phi)
	t := sp / cp
	nu = a * f0 / math.Sqrt(1-e2*sp*sp)
	rho := a * f0 * (1 - e2) / math.Pow(1-e2*sp*sp, 1.5)
	eta2 := nu/rho - 1
	dp, sm := phi-phi0, phi+phi0
	m := b * f0 * ((1+n+1.25*n*n+1.25*n*n*n)*dp - (3*n+3*n*n+21.0/8*n*n*n)*math.Sin(dp)*math.Cos(sm) +
		(15.0/8*n*n+15.0/8*n*n*n)*math.Sin(2*dp)*math.Cos(2*sm) - 35.0/24*n*n*n*math.Sin(3*dp)*math.Cos(3*sm))
	dl := lam - lam0
	north2 := m + n0 + nu/2*sp*cp*dl*dl + nu/24*sp*cp*cp*cp*(5-t*t+9*eta2)*math.Pow(dl, 4) + nu/720*sp*math.Pow(cp, 5)*(61-58*t*t+t*t*t*t)*math.Pow(dl, 6)
	east2 := e0 + nu*cp*dl + nu/6*cp*cp*cp*(nu/rho-t*t)*dl*dl*dl + nu/120*math.Pow(cp, 5)*(5-18*t*t+t*t*t*t+14*eta2-58*t*t*eta2)*math.Pow(dl, 5)
	return int(math.Round(east2)), int(math.Round(north2))
}
