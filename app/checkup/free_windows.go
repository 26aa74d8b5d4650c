package checkup

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// free is how many bytes this account can still write where dir is.
func free(dir string) (int64, error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var mine uint64
	if err := windows.GetDiskFreeSpaceEx(name, &mine, nil, nil); err != nil {
		return 0, err
	}
	return int64(mine), nil //nolint:gosec // no disk is that large
}

func detail() string {
	v := windows.RtlGetVersion()
	return fmt.Sprintf(", Windows %d.%d build %d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
}

// Display says whether this is a remote session, where OpenGL is often missing.
func Display() Result {
	const remoteSession = 0x1000
	if n, _, _ := windows.NewLazySystemDLL("user32.dll").NewProc("GetSystemMetrics").Call(remoteSession); n != 0 {
		return Result{OK: true, Say: "a remote session (RDP or VDI): if no window opens, it lacks OpenGL"}
	}
	if err := windows.NewLazySystemDLL("opengl32.dll").Load(); err != nil {
		return bad("install the graphics driver", "OpenGL is not installed")
	}
	return Result{OK: true, Say: "the local console, OpenGL is installed"}
}
