package command

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// kind is the shape that one input must have.
type kind string

const (
	kindText     kind = "a string"
	kindBool     kind = "true or false"
	kindTexts    kind = "a list of strings"
	kindTextMap  kind = "a map from names to strings"
	kindAnything kind = "a list"
	kindLogging  kind = `one of "stdout", "stderr", "stdoutAndStderr" and "none"`
)

// commonInputs are shared by the resource local.Command and the function local.run.
var commonInputs = map[resource.PropertyKey]kind{
	"addPreviousOutputInEnv": kindBool,
	"archivePaths":           kindTexts,
	"assetPaths":             kindTexts,
	"dir":                    kindText,
	"environment":            kindTextMap,
	"interpreter":            kindTexts,
	"logging":                kindLogging,
	"stdin":                  kindText,
}

// commandInputs and runInputs name every input as the npm package @pulumi/command 1.2.1 sends it.
var (
	commandInputs = with(commonInputs, map[resource.PropertyKey]kind{
		"create": kindText, "update": kindText, "delete": kindText, "triggers": kindAnything,
	})
	runInputs = with(commonInputs, map[resource.PropertyKey]kind{"command": kindText})
)

func with(a, b map[resource.PropertyKey]kind) map[resource.PropertyKey]kind {
	out := make(map[resource.PropertyKey]kind, len(a)+len(b))
	for _, m := range []map[resource.PropertyKey]kind{a, b} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

// internal says whether a key belongs to the engine rather than to the user.
func internal(key resource.PropertyKey) bool { return strings.HasPrefix(string(key), "__") }

// checkInputs returns props without its unset values, and every problem in them at once. Unknown values of a
// preview pass: they are checked when they are known.
func checkInputs(
	props resource.PropertyMap, allowed map[resource.PropertyKey]kind,
) (resource.PropertyMap, []plugin.CheckFailure) {
	out := resource.PropertyMap{}
	var failures []plugin.CheckFailure
	for _, key := range props.StableKeys() {
		value := props[key]
		want, known := allowed[key]
		switch {
		case internal(key) || value.IsNull():
			continue
		case !known:
			failures = append(failures, plugin.CheckFailure{
				Property: key,
				Reason:   fmt.Sprintf("%q is not an input; the inputs are %s", key, names(allowed)),
			})
		case !fits(value, want):
			failures = append(failures, plugin.CheckFailure{
				Property: key, Reason: fmt.Sprintf("%q must be %s", key, want),
			})
		}
		out[key] = value
	}
	return out, failures
}

func names(allowed map[resource.PropertyKey]kind) string {
	list := make([]string, 0, len(allowed))
	for key := range allowed {
		list = append(list, string(key))
	}
	sort.Strings(list)
	return strings.Join(list, ", ")
}

func fits(value resource.PropertyValue, want kind) bool {
	value = plain(value)
	if unknown(value) {
		return true
	}
	text := func(v resource.PropertyValue) bool { v = plain(v); return unknown(v) || v.IsString() }
	switch want {
	case kindText:
		return value.IsString()
	case kindBool:
		return value.IsBool()
	case kindTexts:
		return value.IsArray() && !slices.ContainsFunc(value.ArrayValue(),
			func(v resource.PropertyValue) bool { return !text(v) })
	case kindTextMap:
		if !value.IsObject() {
			return false
		}
		for _, v := range value.ObjectValue() {
			if !text(v) {
				return false
			}
		}
		return true
	case kindAnything:
		return value.IsArray()
	case kindLogging:
		return value.IsString() && logging(value.StringValue()).valid()
	}
	return false
}

// plain takes the secret wrapper off a value.
func plain(value resource.PropertyValue) resource.PropertyValue {
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	return value
}

func unknown(value resource.PropertyValue) bool {
	return value.IsComputed() || (value.IsOutput() && !value.OutputValue().Known)
}
