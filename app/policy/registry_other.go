//go:build !windows

package policy

// registryLayers are none where there is no registry.
func registryLayers() ([]layer, error) { return nil, nil }
