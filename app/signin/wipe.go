package signin

import (
	"context"
	"errors"
)

// Wipe takes everything of an officer out of the keyring: the key of the officer's files, how far they had gone, what was given for
// these systems, and, where they are the officer's, the session and the passphrases. What IT provisioned for every officer stays.
// Sign out first. Without the key nothing that was sealed under it can ever be read again.
func (m *Manager) Wipe(ctx context.Context, officer string, systems []string) error {
	release, err := m.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	names := Secrets(officer, systems)
	for _, name := range []string{unlockName, localName} {
		var b box
		if found, err := m.loadJSON(ctx, name, &b); err != nil || found && b.Officer.ID == officer {
			names = append(names, name)
		}
	}
	if s, found, err := m.loadSession(ctx); err != nil || found && s.Officer.ID == officer {
		names = append(names, sessionName)
	}
	var failed error
	for _, name := range names {
		failed = errors.Join(failed, m.o.Keyring.Delete(ctx, name))
	}
	return say(failed, "")
}

// Secrets are the names in the keyring that are of one officer alone, with these systems set up.
func Secrets(officer string, systems []string) []string {
	names := []string{keyName + digest(officer), anchorName + digest(officer)}
	for _, s := range systems {
		names = append(names, systemName+digest(officer)+"/"+s)
	}
	return names
}
