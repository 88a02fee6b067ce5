package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// readSettingsFile reads a YAML file whose keys are names of settings. A list gives a setting several values; set is a map
// of Kafka configs and comes back as KEY=VALUE.
func readSettingsFile(path string, names []string) (map[string][]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	var file map[string]any
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("reading the settings from %s: %w", path, err)
	}
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "config" })
	all := map[string][]string{}
	for _, name := range sortedKeys(file) {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("%s: there is no setting %q; allowed are %s", path, name, strings.Join(names, ", "))
		}
		values, err := settingValues(name, file[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all[name] = values
	}
	return all, nil
}

// settingValues flattens a YAML value to the texts that a flag would have been given.
func settingValues(name string, v any) ([]string, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		if name != "set" {
			return nil, fmt.Errorf("%s: want a value or a list, not a map", name)
		}
		var all []string
		for _, key := range sortedKeys(v) {
			value, err := scalar(key, v[key])
			if err != nil {
				return nil, err
			}
			all = append(all, key+"="+value)
		}
		return all, nil
	case []any:
		var all []string
		for _, item := range v {
			value, err := scalar(name, item)
			if err != nil {
				return nil, err
			}
			all = append(all, value)
		}
		return all, nil
	}
	value, err := scalar(name, v)
	return []string{value}, err
}

// scalar is a YAML value as text; a list, as Kafka writes them, with commas.
func scalar(name string, v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool, int, int64, uint64:
		return fmt.Sprint(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			var err error
			if items[i], err = scalar(name, item); err != nil {
				return "", err
			}
		}
		return strings.Join(items, ","), nil
	}
	return "", fmt.Errorf("%s: want a text, a number, true or false, or a list of them", name)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
