package command

import "testing"

func TestCompileGlob(t *testing.T) {
	cases := []struct {
		glob, path string
		want       bool
	}{
		{"*.txt", "a.txt", true}, {"*.txt", "sub/a.txt", false}, {"**.txt", "sub/a.txt", true},
		{"assets/**", "assets/logos/logo.svg", true}, {"src/**.js", "src/index.js", true},
		{"a?c", "abc", true}, {"a?c", "a/c", false}, {"[ab].go", "b.go", true}, {"[!ab].go", "b.go", false},
		{"*.{js,ts}", "x.ts", true}, {"*.{js,ts}", "x.go", false}, {`\*.go`, "*.go", true}, {`\*.go`, "x.go", false},
		{"a.b", "axb", false}, {"a+(b)", "a+(b)", true},
	}
	for _, c := range cases {
		expression, err := compileGlob(c.glob)
		if err != nil {
			t.Errorf("%s: %v", c.glob, err)
			continue
		}
		if got := expression.MatchString(c.path); got != c.want {
			t.Errorf("%s matches %s: %t, want %t", c.glob, c.path, got, c.want)
		}
	}
	for _, glob := range []string{"[a", "{a,b"} {
		if _, err := compileGlob(glob); err == nil {
			t.Errorf("%s parses", glob)
		}
	}
}
