package command

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// logging says which streams of a running command are shown to the user.
type logging string

const (
	logStdout logging = "stdout"
	logStderr logging = "stderr"
	logBoth   logging = "stdoutAndStderr"
	logNone   logging = "none"
)

func (l logging) valid() bool {
	return slices.Contains([]logging{logStdout, logStderr, logBoth, logNone}, l)
}

func (l logging) stdout() bool { return l == logStdout || l == logBoth }
func (l logging) stderr() bool { return l == logStderr || l == logBoth }

// settings are the inputs of one run with secrets taken out of their wrappers: for the process alone, never for
// messages.
type settings struct {
	interpreter  []string // default: /bin/sh -c
	dir          string   // default: the folder of the Pulumi project, where plugins run
	environment  map[string]string
	stdin        string
	logging      logging // default: stdoutAndStderr
	addPrevious  bool    // default: true
	assetPaths   []string
	archivePaths []string
	// secrets are the secret texts among the inputs. They are taken out of everything that is shown.
	secrets []string
}

// readSettings expects inputs that checkInputs has passed and that hold no unknown values.
func readSettings(inputs resource.PropertyMap) settings {
	s := settings{
		interpreter: []string{"/bin/sh", "-c"},
		logging:     logBoth,
		addPrevious: true,
		dir:         text(inputs, "dir"),
		stdin:       text(inputs, "stdin"),
		environment: map[string]string{},
		secrets:     secretTexts(resource.NewProperty(inputs), false),
	}
	if list := texts(inputs, "interpreter"); len(list) > 0 {
		s.interpreter = list
	}
	if value := text(inputs, "logging"); value != "" {
		s.logging = logging(value)
	}
	if value, ok := inputs["addPreviousOutputInEnv"]; ok && plain(value).IsBool() {
		s.addPrevious = plain(value).BoolValue()
	}
	if value := plain(inputs["environment"]); value.IsObject() {
		for key, item := range value.ObjectValue() {
			if item = plain(item); item.IsString() {
				s.environment[string(key)] = item.StringValue()
			}
		}
	}
	s.assetPaths = texts(inputs, "assetPaths")
	s.archivePaths = texts(inputs, "archivePaths")
	return s
}

func text(inputs resource.PropertyMap, key resource.PropertyKey) string {
	if value := plain(inputs[key]); value.IsString() {
		return value.StringValue()
	}
	return ""
}

func texts(inputs resource.PropertyMap, key resource.PropertyKey) []string {
	value := plain(inputs[key])
	if !value.IsArray() {
		return nil
	}
	var out []string
	for _, item := range value.ArrayValue() {
		if item = plain(item); item.IsString() {
			out = append(out, item.StringValue())
		}
	}
	return out
}

// shortestSecret keeps secrets such as "1" from turning every line of a log into holes.
const shortestSecret = 4

// secretTexts lists the texts inside secret values, and each line of those that have several.
func secretTexts(value resource.PropertyValue, secret bool) []string {
	found := map[string]bool{}
	var visit func(resource.PropertyValue, bool)
	visit = func(value resource.PropertyValue, secret bool) {
		switch {
		case value.IsSecret():
			visit(value.SecretValue().Element, true)
		case value.IsArray():
			for _, item := range value.ArrayValue() {
				visit(item, secret)
			}
		case value.IsObject():
			for _, item := range value.ObjectValue() {
				visit(item, secret)
			}
		case value.IsString() && secret:
			whole := value.StringValue()
			for _, piece := range append(strings.Split(whole, "\n"), whole) {
				if piece = strings.TrimSpace(piece); len(piece) >= shortestSecret {
					found[piece] = true
				}
			}
		}
	}
	visit(value, secret)
	// The longest first, so that a secret that contains another one leaves no remainder behind.
	return slices.SortedFunc(maps.Keys(found), func(a, b string) int { return len(b) - len(a) })
}

// redact replaces every secret in a text that is about to be shown.
func (s settings) redact(shown string) string {
	for _, secret := range s.secrets {
		shown = strings.ReplaceAll(shown, secret, "[secret]")
	}
	return shown
}
