// Package npmnames compares a plugin's schema with the TypeScript declarations of the npm package that speaks to it:
// property names, and whether a property is a list, a map or a single value. Both sides of a plugin are made by the same
// rules from Terraform's schema, but not from the same version of it, and a name that differs is silently dropped.
package npmnames

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// Shapes of a property.
const (
	single = "single value"
	list   = "list"
	dict   = "map"
)

// property is what both sides say about one property.
type property struct {
	shape string
	ref   string // name of the nested type, without package and module
}

// Package is the npm package of a plugin.
type Package struct {
	// Folder is where it is installed.
	Folder string
	// declared are the interfaces of the package by name; nested input types have the prefix "input.".
	declared map[string]map[string]property
}

// Open reads the declarations of an installed package.
func Open(folder string) (*Package, error) {
	p := &Package{Folder: folder, declared: map[string]map[string]property{}}
	files, err := filepath.Glob(filepath.Join(folder, "*.d.ts"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s is not there: run npm ci in the checkout first", folder)
	}
	for _, file := range files {
		if err := p.read(file, ""); err != nil {
			return nil, err
		}
	}
	nested := filepath.Join(folder, "types", "input.d.ts")
	if _, err := os.Stat(nested); err != nil {
		return p, nil
	}
	return p, p.read(nested, "input.")
}

var (
	comment    = regexp.MustCompile(`(?s)/\*.*?\*/`)
	interfaces = regexp.MustCompile(`export interface (\w+) \{`)
	name       = regexp.MustCompile(`^\s*(\w+)\??:`)
	reference  = regexp.MustCompile(`inputs\.(\w+)`)
)

func (p *Package) read(file, prefix string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text := comment.ReplaceAllString(string(raw), "")
	for _, at := range interfaces.FindAllStringSubmatchIndex(text, -1) {
		p.declared[prefix+text[at[2]:at[3]]] = properties(text[at[1]:])
	}
	return nil
}

// properties reads the members of an interface from the text behind its opening brace.
func properties(text string) map[string]property {
	found := map[string]property{}
	for text != "" {
		end := memberEnd(text)
		if end < 0 {
			break
		}
		if match := name.FindStringSubmatch(text[:end]); match != nil {
			found[match[1]] = describe(text[:end])
		}
		text = text[end+1:]
	}
	return found
}

// memberEnd is the position of the semicolon that ends the first member; -1 where the interface ends first.
func memberEnd(text string) int {
	depth := 0
	for i, char := range text {
		switch {
		case char == '{':
			depth++
		case char == '}' && depth == 0:
			return -1
		case char == '}':
			depth--
		case char == ';' && depth == 0:
			return i
		}
	}
	return -1
}

func describe(member string) property {
	out := property{shape: single}
	switch {
	case strings.Contains(member, "[key: string]"):
		out.shape = dict
	case strings.Contains(member, "[]"):
		out.shape = list
	}
	if match := reference.FindStringSubmatch(member); match != nil {
		out.ref = match[1]
	}
	return out
}

// Compare lists every difference between an interface of the package, such as ContainerArgs, and the properties of
// the plugin's schema, nested types included. A property that only the plugin knows is none: nobody can set it.
func (p *Package) Compare(interfaceName string, properties map[string]schema.PropertySpec, spec schema.PackageSpec) []string {
	declared, there := p.declared[interfaceName]
	if !there {
		return []string{fmt.Sprintf("%s has no interface %s", p.Folder, interfaceName)}
	}
	var differences []string
	for key, want := range declared {
		where := strings.TrimPrefix(interfaceName, "input.") + "." + key
		got, there := properties[key]
		if !there {
			differences = append(differences, where+" is not in the plugin's schema")
			continue
		}
		shape, ref := describeSpec(got.TypeSpec)
		if shape != want.shape {
			differences = append(differences, fmt.Sprintf("%s is a %s in the package and a %s in the plugin", where, want.shape, shape))
		}
		if want.ref != "" {
			nested, there := spec.Types[ref]
			if !there {
				differences = append(differences, fmt.Sprintf("%s has no nested type in the plugin", where))
				continue
			}
			differences = append(differences, p.Compare("input."+want.ref, nested.Properties, spec)...)
		}
	}
	sort.Strings(differences)
	return differences
}

// describeSpec returns the shape of a type, and the token of the object type in it.
func describeSpec(t schema.TypeSpec) (shape, token string) {
	switch {
	case t.Items != nil:
		_, token = describeSpec(*t.Items)
		return list, token
	case t.AdditionalProperties != nil:
		_, token = describeSpec(*t.AdditionalProperties)
		return dict, token
	}
	return single, strings.TrimPrefix(t.Ref, "#/types/")
}
