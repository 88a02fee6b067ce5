package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rule is what a key asks of a value beyond its type. The zero rule asks nothing.
type rule struct {
	// demand is the rule as a sentence, in Kafka's words where it has some.
	demand string
	meets  func(p parsed) bool
}

func (r rule) holds(p parsed) bool { return r.meets == nil || r.meets(p) }

func atLeast(low int64) rule {
	return rule{fmt.Sprintf("Value must be at least %d", low), func(p parsed) bool { return p.whole >= low }}
}

func between(low, high int64) rule {
	return rule{
		fmt.Sprintf("Value must be between %d and %d", low, high),
		func(p parsed) bool { return p.whole >= low && p.whole <= high },
	}
}

func betweenOr(low, high, other int64) rule {
	return rule{
		fmt.Sprintf("Value must be between %d and %d or equal to %d", low, high, other),
		func(p parsed) bool { return p.whole >= low && p.whole <= high || p.whole == other },
	}
}

// unlimitedOr allows any negative number, which Kafka takes for no limit, and numbers from low.
func unlimitedOr(low int64) rule {
	return rule{
		fmt.Sprintf("Value must be unlimited (-1) or at least %d", low),
		func(p parsed) bool { return p.whole < 0 || p.whole >= low },
	}
}

// fraction is a range for numbers that are not whole.
func fraction(low, high float64) rule {
	return rule{
		fmt.Sprintf("Value must be between %v and %v", low, high),
		func(p parsed) bool { return p.real >= low && p.real <= high },
	}
}

func oneOf(choices ...string) rule {
	return rule{
		"String must be one of: " + strings.Join(choices, ", "),
		func(p parsed) bool { return slices.Contains(choices, p.text) },
	}
}

func oneOfAnyCase(choices ...string) rule {
	return rule{
		"String must be one of (case insensitive): " + strings.Join(choices, ", "),
		func(p parsed) bool {
			return slices.ContainsFunc(choices, func(c string) bool { return strings.EqualFold(c, p.text) })
		},
	}
}

var notEmpty = rule{"String must be non-empty", func(p parsed) bool { return p.text != "" }}

// onlyFalse is for a switch that can't be turned on.
var onlyFalse = rule{"Value must be false, as there is no tiered storage here", func(p parsed) bool { return !p.yes }}

// anyElements allows any list, an empty one included, but no empty elements.
var anyElements = rule{"List must not have empty elements", func(p parsed) bool { return !slices.Contains(p.list, "") }}

var someElements = rule{
	"List must have an element, and no empty ones",
	func(p parsed) bool { return len(p.list) > 0 && !slices.Contains(p.list, "") },
}

// elementsOf allows lists of the choices, an empty list included.
func elementsOf(choices ...string) rule {
	return rule{
		"Elements must be of: " + strings.Join(choices, ", "),
		func(p parsed) bool {
			return !slices.ContainsFunc(p.list, func(e string) bool { return !slices.Contains(choices, e) })
		},
	}
}

func someElementsOf(choices ...string) rule {
	elements := elementsOf(choices...)
	return rule{
		"List must have an element. " + elements.demand,
		func(p parsed) bool { return len(p.list) > 0 && elements.meets(p) },
	}
}

// eachMatches allows lists of elements of a form.
func eachMatches(demand string, form *regexp.Regexp) rule {
	return rule{demand, func(p parsed) bool {
		return !slices.ContainsFunc(p.list, func(e string) bool { return !form.MatchString(e) })
	}}
}

var replicaPairs = eachMatches("", regexp.MustCompile(`^[0-9]+:[0-9]+$`))

var throttledReplicas = rule{
	"Value must be * or a list of replicas: [partition]:[node],[partition]:[node],...",
	func(p parsed) bool { return p.text == "*" || replicaPairs.meets(p) },
}

var listenerForm = regexp.MustCompile(`^[A-Za-z0-9_.-]+://(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_.-]*):([0-9]{1,5})$`)

// listenerAddresses are NAME://host:port, each name once. An empty host stands for all addresses of the machine.
var listenerAddresses = rule{
	"Value must be a list of NAME://host:port, with another name and a port up to 65535 in each",
	func(p parsed) bool {
		names := map[string]bool{}
		for _, address := range p.list {
			form := listenerForm.FindStringSubmatch(address)
			if form == nil {
				return false
			}
			name, _, _ := strings.Cut(address, "://")
			if port, _ := strconv.Atoi(form[2]); port > 65535 || names[name] {
				return false
			}
			names[name] = true
		}
		return len(names) > 0
	},
}

// protocolMap and addressCounts are lists inside a String.
var (
	protocolMap   = eachPair("NAME:PROTOCOL, with a protocol of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL", `^[^:]+:(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$`)
	addressCounts = eachPair("host:count", `^.+:[0-9]{1,9}$`)
)

func eachPair(pair, form string) rule {
	matches := eachMatches("Value must be a list of "+pair, regexp.MustCompile(form))
	return rule{matches.demand, func(p parsed) bool { return matches.meets(parsed{list: parseList(p.text)}) }}
}

// duration is an ISO 8601 duration of days, hours, minutes and seconds, without a sign.
var duration = regexp.MustCompile(`(?i)^P([0-9]{1,9}D)?(T([0-9]{1,9}H)?([0-9]{1,9}M)?([0-9]{1,9}([.,][0-9]{1,9})?S)?)?$`)

// offsetReset is where a share group begins (KIP-932).
var offsetReset = rule{
	"Value must be latest, earliest, or of the form by_duration:PnDTnHnMn.nS",
	func(p parsed) bool {
		back, ok := strings.CutPrefix(p.text, "by_duration:")
		if !ok {
			return p.text == "latest" || p.text == "earliest"
		}
		return duration.MatchString(back) && !strings.HasSuffix(strings.ToUpper(back), "T") && len(back) > len("P")
	},
}
