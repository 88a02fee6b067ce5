package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-e634fa49/troupe/actors/msg"
	"github.com/seed-e634fa49/troupe/coordinator/metadata/configs"
)

// shownSetting is a setting in force and where its value comes from.
type shownSetting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source origin `json:"source"`
}

func (s shell) config() *cobra.Command {
	var set settings
	var asJSON, all bool
	c := &cobra.Command{
		Use:   "config",
		Short: "Show what serve would use, and where each value comes from",
		Long: "config takes the flags, the environment and the file as serve does, checks them as serve does, and prints what is in\n" +
			"force. Kafka configs are listed as set.KEY: those that are set, or with --all every broker config with its default.",
		Args: arguments(cobra.NoArgs),
	}
	set.declare(c.Flags())
	jsonFlag(c, &asJSON)
	c.Flags().BoolVar(&all, "all", false, "list every Kafka broker config, not only those that are set")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := set.resolve(c.Flags(), s.lookup); err != nil {
			return err
		}
		if _, err := set.node(io.Discard); err != nil {
			return misuse{err}
		}
		if _, err := parseBytes(set.memoryLimit); err != nil {
			return misuse{err}
		}
		shown := set.show(c, all)
		if asJSON {
			return printJSON(c.OutOrStdout(), shown)
		}
		rows := [][]string{{"SETTING", "VALUE", "FROM"}}
		for _, one := range shown {
			rows = append(rows, []string{one.Name, one.Value, string(one.Source)})
		}
		return table(c.OutOrStdout(), rows)
	}
	return c
}

// show lists the settings by name, and the Kafka configs behind them.
func (s *settings) show(c *cobra.Command, all bool) []shownSetting {
	shown := []shownSetting{}
	for _, name := range settingNames(c.Flags()) {
		if name != "set" {
			value := c.Flags().Lookup(name).Value.String()
			shown = append(shown, shownSetting{name, strings.Trim(value, "[]"), s.origins[name]})
		}
	}
	if !all {
		for _, key := range sortedKeys(s.kafkaConfig) {
			shown = append(shown, shownSetting{"set." + key, s.kafkaConfig[key], s.origins["set."+key]})
		}
		return shown
	}
	for _, v := range configs.Describe(msg.BrokerResource, configs.Layers{Static: s.kafkaConfig}) {
		one := shownSetting{"set." + v.Key.Name, "null", fromDefault}
		if v.Value != nil {
			one.Value = *v.Value
		}
		if from, ok := s.origins[one.Name]; ok {
			one.Source = from
		}
		shown = append(shown, one)
	}
	return shown
}
