// Package rosetta answers for a module that the proxy does not serve. The Docker client asks it
// whether it runs translated on another processor, which it does not here.
package rosetta

import "runtime"

// Available reports whether programs of another processor can be translated.
func Available() bool { return false }

// Enabled reports whether this program is being translated.
func Enabled() bool { return false }

// NativeArch names the machine's own processor.
func NativeArch() string { return runtime.GOARCH }
