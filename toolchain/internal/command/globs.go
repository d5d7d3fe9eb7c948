package command

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
)

// collect returns the files below dir that the patterns choose, as assets by their path relative to dir. The
// patterns are taken in order; one that starts with "!" drops what earlier ones chose.
func collect(dir string, patterns []string) (map[string]*asset.Asset, error) {
	type rule struct {
		expression *regexp.Regexp
		exclude    bool
	}
	var rules []rule
	for _, pattern := range patterns {
		glob, exclude := strings.CutPrefix(pattern, "!")
		expression, err := compileGlob(glob)
		if err != nil {
			return nil, fmt.Errorf("the path pattern %q does not parse: %w", pattern, err)
		}
		rules = append(rules, rule{expression, exclude})
	}
	found := map[string]*asset.Asset{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		chosen := false
		for _, r := range rules {
			if r.expression.MatchString(file) {
				chosen = !r.exclude
			}
		}
		if chosen {
			found[file], err = asset.FromPath(path.Join(dir, file))
		}
		return err
	})
	return found, err
}

// addFiles puts the outputs "assets" and "archive" beside the others when their paths are asked for.
func addFiles(outputs resource.PropertyMap, s settings) error {
	dir := s.dir
	if dir == "" {
		dir = "."
	}
	if len(s.assetPaths) > 0 {
		files, err := collect(dir, s.assetPaths)
		if err != nil {
			return err
		}
		assets := resource.PropertyMap{}
		for name, file := range files {
			assets[resource.PropertyKey(name)] = resource.NewProperty(file)
		}
		outputs["assets"] = resource.NewProperty(assets)
	}
	if len(s.archivePaths) > 0 {
		files, err := collect(dir, s.archivePaths)
		if err != nil {
			return err
		}
		content := map[string]any{}
		for name, file := range files {
			content[name] = file
		}
		packed, err := archive.FromAssets(content)
		if err != nil {
			return err
		}
		outputs["archive"] = resource.NewProperty(packed)
	}
	return nil
}

// compileGlob translates a pattern: * and ? stop at a slash, ** does not, [a-z], [!a-z] and {a,b} are as in a
// shell, and \ takes the next character as it is.
func compileGlob(glob string) (*regexp.Regexp, error) {
	var out strings.Builder
	out.WriteString(`^`)
	depth := 0
	for rest := glob; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "**"):
			out.WriteString(`.*`)
			rest = rest[2:]
			continue
		case rest[0] == '*':
			out.WriteString(`[^/]*`)
		case rest[0] == '?':
			out.WriteString(`[^/]`)
		case rest[0] == '{':
			out.WriteString(`(?:`)
			depth++
		case rest[0] == '}' && depth > 0:
			out.WriteString(`)`)
			depth--
		case rest[0] == ',' && depth > 0:
			out.WriteString(`|`)
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, fmt.Errorf("missing ]")
			}
			class := strings.ReplaceAll(rest[1:end], `\`, `\\`)
			if after, not := strings.CutPrefix(class, "!"); not {
				class = "^" + after
			}
			out.WriteString("[" + class + "]")
			rest = rest[end+1:]
			continue
		case rest[0] == '\\' && len(rest) > 1:
			out.WriteString(regexp.QuoteMeta(rest[1:2]))
			rest = rest[2:]
			continue
		default:
			out.WriteString(regexp.QuoteMeta(rest[:1]))
		}
		rest = rest[1:]
	}
	if depth > 0 {
		return nil, fmt.Errorf("missing }")
	}
	out.WriteString(`$`)
	return regexp.Compile(out.String())
}
