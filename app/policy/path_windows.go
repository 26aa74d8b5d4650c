package policy

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Path is where the policy of this computer is. The folder comes from Windows, not from %ProgramData%, which every
// user can set.
func Path() (string, error) {
	dir, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	if err != nil {
		return "", fmt.Errorf("Windows does not say where its ProgramData folder is: %w", err)
	}
	return filepath.Join(dir, "Muster", "policy.yaml"), nil
}

// installerPath is no file here: the installer writes into the registry.
func installerPath(string) string { return "" }

// changes are the rights with which a file or a folder's content can be changed or taken over.
const changes = windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER |
	windows.GENERIC_WRITE | windows.GENERIC_ALL

// trustedInstaller owns what Windows installs.
const trustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

// trusted refuses a file that anybody but the computer's administrators can change.
func trusted(f *os.File, path string, _ int) error {
	sd, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT,
		windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("the rights of %s cannot be read; ask IT to check it: %w", path, err)
	}
	if err := administrators(sd, path, changes); err != nil {
		return err
	}
	return trustedName(filepath.Dir(path)) // who can change the folder can put another file in its place
}

func trustedName(path string) error {
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("the rights of %s cannot be read; ask IT to check it: %w", path, err)
	}
	return administrators(sd, path, changes)
}

// TrustedFolder refuses a folder, named by policy, of which anybody but the computer's administrators can change anything.
func TrustedFolder(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return trustedName(path)
	})
}

// administrators refuses what anybody but the computer's administrators has one of the rights to.
func administrators(sd *windows.SECURITY_DESCRIPTOR, path string, rights windows.ACCESS_MASK) error {
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("the owner of %s cannot be read; ask IT to check it: %w", path, err)
	}
	if !administrative(owner) {
		return fmt.Errorf("%w: %s does not belong to Administrators; ask IT to change its owner", ErrWritable, path)
	}
	dacl, _, err := sd.DACL()
	if err != nil || dacl == nil { // no list means everybody may do everything
		return fmt.Errorf("%w: %s has no access list; ask IT to set one", ErrWritable, path)
	}
	for i := range uint32(dacl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(dacl, i, &ace); err != nil {
			return fmt.Errorf("the access list of %s cannot be read; ask IT to check it: %w", path, err)
		}
		if ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE || ace.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0 {
			continue
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		if ace.Mask&rights != 0 && !administrative(sid) {
			return fmt.Errorf("%w: %s gives %s the right to change it; ask IT to take that right away", ErrWritable, path, sid.String())
		}
	}
	return nil
}

func administrative(sid *windows.SID) bool {
	return sid.IsWellKnown(windows.WinBuiltinAdministratorsSid) || sid.IsWellKnown(windows.WinLocalSystemSid) || sid.String() == trustedInstaller
}
