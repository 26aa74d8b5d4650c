package screens

// export saves the chart as a picture.
func (v *chartView) export() {}
