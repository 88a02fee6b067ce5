package configs

import (
	"fmt"
	"strconv"
	"strings"
)

// parsed is a value read by its key's type. Of the fields below text only the type's own is set.
type parsed struct {
	text  string // trimmed
	whole int64  // Int, Short, Long
	real  float64
	yes   bool
	list  []string
}

// Parse checks a value against the key's type, range and choices. The error names the key, the value and what is allowed,
// and has the shape of Kafka's, which some tools look for. Space around a value, and around a list's elements, is ignored.
func (k *Key) Parse(value string) error {
	_, err := k.parse(value)
	return err
}

func (k *Key) parse(value string) (parsed, error) {
	p, problem := k.Type.read(trim(value))
	switch {
	case problem == "" && k.allowed.holds(p):
		return p, nil
	case problem == "":
		problem = k.allowed.demand
	case k.allowed.demand != "":
		problem += ". " + k.allowed.demand
	}
	return p, k.refuse(value, problem)
}

// trim takes off what Java's String.trim does: control characters and spaces.
func trim(s string) string { return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' }) }

// read reads a trimmed text as a value of the type, or says what is wrong with it.
func (t Type) read(text string) (p parsed, problem string) {
	p.text = text
	var err error
	switch t {
	case Boolean:
		p.yes = strings.EqualFold(text, "true")
		if !p.yes && !strings.EqualFold(text, "false") {
			problem = "Expected value to be either true or false"
		}
	case Short:
		p.whole, err = strconv.ParseInt(text, 10, 16)
	case Int:
		p.whole, err = strconv.ParseInt(text, 10, 32)
	case Long:
		p.whole, err = strconv.ParseInt(text, 10, 64)
	case Double:
		p.real, err = parseDouble(text)
	case List:
		p.list = parseList(text)
	}
	if err != nil {
		problem = "Not a number of type " + t.String()
	}
	return p, problem
}

// parseDouble reads a decimal number, with the f or d that Java allows behind it. Infinity and NaN are refused: no config has
// a use for them.
func parseDouble(text string) (float64, error) {
	number := text
	if n := len(text) - 1; n > 0 && strings.ContainsRune("fFdD", rune(text[n])) {
		number = text[:n]
	}
	if strings.Trim(number, "0123456789+-.eE") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(number, 64)
}

// parseList splits at commas. An empty text is an empty list.
func parseList(text string) []string {
	if text == "" {
		return []string{}
	}
	list := strings.Split(text, ",")
	for i := range list {
		list[i] = trim(list[i])
	}
	return list
}

// canonical is a parsed value as it is shown: without the freedoms that Parse allows.
func (t Type) canonical(p parsed) string {
	switch t {
	case Boolean:
		return strconv.FormatBool(p.yes)
	case Short, Int, Long:
		return strconv.FormatInt(p.whole, 10)
	case List:
		return strings.Join(p.list, ",")
	default:
		return p.text
	}
}

// maxShown bounds how much of a refused value an error repeats, in bytes.
const maxShown = 200

func (k *Key) refuse(value, problem string) error {
	switch {
	case k.Sensitive:
		value = "[hidden]"
	case len(value) > maxShown:
		value = strings.ToValidUTF8(value[:maxShown], "") + "…"
	}
	//lint:ignore ST1005 the text is Kafka's, and shown to its clients
	return fmt.Errorf("Invalid value %s for configuration %s: %s", value, k.Name, problem)
}
