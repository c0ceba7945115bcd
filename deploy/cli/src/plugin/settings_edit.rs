//! Edits the text of a plugins.toml: the settings and the origins of one plugin. Comments, order and everything else
//! stay as they are.

use toml_edit::{Array, ArrayOfTables, Decor, DocumentMut, InlineTable, Item, RawString, Table, Value, value};

/// The text of a plugins.toml while it is edited.
pub(super) struct SettingsEdit {
    document: DocumentMut,
}

/// The name of a key that exists with the wrong type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotEditable(pub(super) &'static str);

impl SettingsEdit {
    /// Reads the text.
    ///
    /// # Errors
    /// The text is not TOML.
    pub(super) fn parse(text: &str) -> Result<Self, toml_edit::TomlError> {
        Ok(Self { document: text.parse()? })
    }

    /// Whether it has a plugin of this id.
    pub(super) fn has(&self, id: &str) -> bool {
        let plugins = self.document.get("plugin").and_then(Item::as_array_of_tables);
        plugins.is_some_and(|plugins| plugins.iter().any(|plugin| is_of(plugin, id)))
    }

    /// Adds a plugin at the end, with the key that names its code.
    ///
    /// # Errors
    /// The plugins are no array of tables.
    pub(super) fn add(&mut self, id: &str, code: &str, file: &str) -> Result<(), NotEditable> {
        // Text after the last table is kept in front of the new one.
        let before = text_of(Some(self.document.trailing())).to_owned();
        self.document.set_trailing("");
        let plugins = self.document.entry("plugin").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        let mut plugin = Table::new();
        plugin.insert("id", value(id));
        plugin.insert(code, value(file));
        plugin.decor_mut().set_prefix(before + "\n");
        plugins.as_array_of_tables_mut().ok_or(NotEditable("plugin"))?.push(plugin);
        Ok(())
    }

    /// Sets a setting of a plugin.
    ///
    /// # Errors
    /// Its settings are no table.
    pub(super) fn set(&mut self, id: &str, name: &str, address: &str) -> Result<(), NotEditable> {
        let settings = self.plugin(id)?.entry("settings").or_insert_with(|| value(InlineTable::new()));
        let settings = settings.as_table_like_mut().ok_or(NotEditable("settings"))?;
        match settings.get_mut(name).and_then(Item::as_value_mut) {
            // The text around the value is kept, including a comment after it.
            Some(old) if old.as_str() != Some(address) => {
                let decor = old.decor().clone();
                *old = Value::from(address);
                *old.decor_mut() = decor;
            }
            Some(_) => {}
            None => drop(settings.insert(name, value(address))),
        }
        Ok(())
    }

    /// Grants an origin to a plugin.
    ///
    /// # Errors
    /// Its origins are no array.
    pub(super) fn grant(&mut self, id: &str, origin: &str) -> Result<(), NotEditable> {
        let origins = self.plugin(id)?.entry("origins").or_insert_with(|| value(Array::new()));
        let origins = origins.as_array_mut().ok_or(NotEditable("origins"))?;
        if origins.iter().any(|granted| granted.as_str() == Some(origin)) {
            return Ok(());
        }
        let is_line_each = origins.trailing_comma() || origins.len() > 1;
        let Some(last) = origins.iter_mut().last().filter(|_| is_line_each) else {
            origins.push(origin);
            return Ok(());
        };
        // In a list with one value a line, the new value gets a line of its own. toml_edit stores the text before a
        // value as the value's prefix, so comments have to be moved to stay where they are.
        let prefix = text_of(last.decor().prefix());
        let mut prefix = prefix.rfind('\n').map_or(prefix, |line| &prefix[line..]).to_owned();
        let suffix = text_of(last.decor().suffix()).to_owned();
        if !suffix.contains('#') {
            last.decor_mut().set_suffix("");
        }
        let trailing = text_of(Some(origins.trailing())).to_owned();
        if trailing.contains('#') {
            prefix.insert_str(0, trailing.trim_end());
            origins.set_trailing("\n");
        }
        let mut granted = Value::from(origin);
        *granted.decor_mut() = Decor::new(prefix, if suffix.contains('#') { String::new() } else { suffix });
        origins.push_formatted(granted);
        Ok(())
    }

    /// The edited text.
    pub(super) fn text(&self) -> String {
        self.document.to_string()
    }

    fn plugin(&mut self, id: &str) -> Result<&mut Table, NotEditable> {
        let plugins = self.document.get_mut("plugin").and_then(Item::as_array_of_tables_mut);
        plugins.and_then(|plugins| plugins.iter_mut().find(|plugin| is_of(plugin, id))).ok_or(NotEditable("plugin"))
    }
}

/// White space and comments, as they are written.
fn text_of(raw: Option<&RawString>) -> &str {
    raw.and_then(RawString::as_str).unwrap_or_default()
}

fn is_of(plugin: &Table, id: &str) -> bool {
    plugin.get("id").and_then(Item::as_str) == Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_settings_and_the_origins_changes() {
        let rows = [
            (
                "# Head.\n[engine] # mine\ncache-mib = 1\n\n[[plugin]]\nid = \"npm\" # packages\n\n# Other.\n[[plugin]]\nid = \"b\"\n",
                "# Head.\n[engine] # mine\ncache-mib = 1\n\n[[plugin]]\nid = \"npm\" # packages\n\
                 settings = { upstream = \"https://r.example/x\" }\norigins = [\"https://r.example\"]\n\n# Other.\n\
                 [[plugin]]\nid = \"b\"\n",
            ),
            (
                "[[plugin]]\nid = \"npm\"\nsettings = { upstream = \"\", other = \"x\" } # here\norigins = []\n",
                "[[plugin]]\nid = \"npm\"\nsettings = { upstream = \"https://r.example/x\", other = \"x\" } # here\n\
                 origins = [\"https://r.example\"]\n",
            ),
            (
                "[[plugin]]\nid = \"npm\"\norigins = [\n  \"https://a.example\", # a\n  \"https://b.example\",\n]\n[plugin.settings]\nupstream = \"\" # set it\n",
                "[[plugin]]\nid = \"npm\"\norigins = [\n  \"https://a.example\", # a\n  \"https://b.example\",\n  \
                 \"https://r.example\",\n]\n[plugin.settings]\nupstream = \"https://r.example/x\" # set it\n",
            ),
            (
                "[[plugin]]\nid = \"npm\"\nsettings.upstream = \"\"\norigins = [\n  \"https://a.example\", # a\n  \"https://b.example\", # b\n]\n",
                "[[plugin]]\nid = \"npm\"\nsettings.upstream = \"https://r.example/x\"\norigins = [\n  \
                 \"https://a.example\", # a\n  \"https://b.example\", # b\n  \"https://r.example\",\n]\n",
            ),
            (
                "[[plugin]]\nid = \"npm\"\nsettings = {}\norigins = [\n  \"https://a.example\",\n  \"https://b.example\"\n]\n",
                "[[plugin]]\nid = \"npm\"\nsettings = { upstream = \"https://r.example/x\" }\norigins = [\n  \
                 \"https://a.example\",\n  \"https://b.example\",\n  \"https://r.example\"\n]\n",
            ),
            (
                "[[plugin]]\nid = \"npm\"\nsettings = { upstream = \"x\" }\norigins = [\"https://a.example\", \"https://b.example\"]\n",
                "[[plugin]]\nid = \"npm\"\nsettings = { upstream = \"https://r.example/x\" }\n\
                 origins = [\"https://a.example\", \"https://b.example\", \"https://r.example\"]\n",
            ),
        ];
        for (before, after) in rows {
            let mut text = before.to_owned();
            // Repeating the edit changes nothing.
            for _ in 0..2 {
                let mut edit = SettingsEdit::parse(&text).unwrap();
                assert!(edit.has("npm") && !edit.has("pypi"));
                edit.set("npm", "upstream", "https://r.example/x").unwrap();
                edit.grant("npm", "https://r.example").unwrap();
                text = edit.text();
                assert_eq!(text, after);
            }
        }
    }

    #[test]
    fn a_plugin_is_added_at_the_end() {
        let mut edit = SettingsEdit::parse("# Head.\n[[plugin]]\nid = \"a\"\n").unwrap();
        edit.add("npm", "declarative", "npm.toml").unwrap();
        let after = "# Head.\n[[plugin]]\nid = \"a\"\n\n[[plugin]]\nid = \"npm\"\ndeclarative = \"npm.toml\"\n";
        assert_eq!(edit.text(), after);
        let mut edit = SettingsEdit::parse("# Empty.\n").unwrap();
        edit.add("npm", "library", "npm").unwrap();
        assert_eq!(edit.text(), "# Empty.\n\n[[plugin]]\nid = \"npm\"\nlibrary = \"npm\"\n");
        let mut edit = SettingsEdit::parse("plugin = 1\n").unwrap();
        assert_eq!(edit.add("npm", "declarative", "npm.toml"), Err(NotEditable("plugin")));
    }
}
