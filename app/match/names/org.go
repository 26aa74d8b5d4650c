package names

// Organisations says how likely it is that two names of organisations could be one's, in 0..1, and why.
func Organisations(x, y string) (score float64, why []Step) {
	a, b := Prepare(x), Prepare(y)
	return Compare(&a, &b)
}
