// Command benchentry prints how many fields an officer types into each form, of those that the systems of the demonstration
// force would ask between them. It fails where the arrest form spares less than it is expected to.
package main

import (
	"fmt"
	"os"

	"muster/app/entry"
	"muster/assets"
	"muster/plugins/packs"
	"muster/plugins/pole"
)

// expected is the largest share of the arrest form's fields over six systems.
const expected = 0.35

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "benchentry:", err)
		os.Exit(1)
	}
}

func run() error {
	dict, err := pole.Load(assets.FS)
	if err != nil {
		return err
	}
	forms, err := entry.LoadForms(assets.FS, dict)
	if err != nil {
		return err
	}
	fmt.Println("| form | systems | fields typed | fields they would ask | share |")
	fmt.Println("| --- | ---: | ---: | ---: | ---: |")
	var arrest entry.Saving
	for _, f := range forms {
		var targets []entry.Target
		for _, id := range []string{"demo_rms", "demo_cad", "demo_custody", "demo_intel", "demo_property", "demo_casefile"} {
			c, err := packs.Load(id)
			if err != nil {
				return err
			}
			targets = append(targets, entry.NewTarget(id, c.Info().Name, c.Info().Kinds, f))
		}
		s := entry.SavingOf(f, targets)
		fmt.Printf("| %s | %d | %d | %d | %.2f |\n", f.Name, s.Systems, s.Typed, s.Asked, s.Share())
		if f.ID == "arrest" {
			arrest = s
		}
	}
	if arrest.Systems != 6 || arrest.Share() > expected {
		return fmt.Errorf("the arrest form asks %.2f of what %d systems would ask: expected at most %.2f of six", arrest.Share(), arrest.Systems, expected)
	}
	return nil
}
