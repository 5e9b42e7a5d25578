using System.CommandLine;
using System.CommandLine.Help;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Configuration;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>A flag's value in a study file.</summary>
/// <param name="Flag">The first name, with hyphens.</param>
/// <param name="Value">In command-line syntax.</param>
/// <param name="Key">Its key path in the file.</param>
/// <param name="At">Its position in the file.</param>
internal sealed record StudyValue(string Flag, string Value, string Key, FilePosition At);

/// <summary>
/// The options of a run as keys of a study file: those of the root command, with values parsed by the flags themselves.
/// </summary>
internal sealed class StudyOptions
{
    private static readonly string[] NeverAuto = ["--cut", "--exchange"];

    private readonly Command _root;
    private readonly Dictionary<string, Option> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<Option, string> _refused;

    /// <summary>Collects the options of a study.</summary>
    /// <param name="flags">The flags of a run.</param>
    /// <param name="root">The root command.</param>
    /// <param name="hosting">Where nodes are hosted.</param>
    public StudyOptions(RunFlags flags, Command root, NodeHosting hosting)
    {
        _root = root;
        foreach (Option option in root.Options.Where(o => o is not (HelpOption or VersionOption)))
        {
            foreach (string name in option.Aliases.Prepend(option.Name))
            {
                _known[name.TrimStart('-')] = option;
            }
        }

        _refused = new Dictionary<Option, string>
        {
            [flags.Output.Option] = "a study has a folder for each run in its own, which 'experiment --output' names",
            [flags.Resume.Option] = "a study goes on by 'experiment --resume', and knows itself from where",
        };
        foreach (Option option in flags.Observation.Options.Except(flags.ListeningOptions))
        {
            _refused[option] = flags.Observation.StudyOptions.Contains(option)
                ? "a study is looked at as a whole; give it to 'experiment'"
                : "only single runs and 'compare' write for it; a study has its report";
        }

        foreach (Option option in hosting == NodeHosting.Hosts ? [] : flags.ListeningOptions)
        {
            _refused[option] = "only nodes on other hosts need it; give 'hosting: hosts' under nodes: first, or leave it out";
        }
    }

    /// <summary>Reads an entry whose key is an option.</summary>
    /// <param name="section">The key of the enclosing mapping.</param>
    /// <param name="entry">The entry.</param>
    /// <exception cref="UserErrorException">Unknown option, option not allowed in a study, or invalid
    /// value.</exception>
    public StudyValue Read(string section, ConfigEntry entry)
    {
        string key = $"{section}.{entry.Key}";
        return Read(Find(key, entry), key, entry.Value);
    }

    /// <summary>Reads an option that has another key.</summary>
    /// <param name="flag">The option.</param>
    /// <param name="key">The full key.</param>
    /// <param name="value">The value.</param>
    public StudyValue Read(string flag, string key, ConfigNode value) => Read(_known[flag.TrimStart('-')], key, value);

    /// <summary>The option named by an entry's key.</summary>
    /// <exception cref="UserErrorException">Unknown option, or not allowed in a study.</exception>
    public Option Find(string key, ConfigEntry entry)
    {
        if (!_known.TryGetValue(entry.Key, out Option? option))
        {
            throw entry.At.Wrong(key, Unknown(entry.Key));
        }

        return _refused.TryGetValue(option, out string? reason) ? throw entry.At.Wrong(key, reason) : option;
    }

    /// <summary>Reads one value of an option.</summary>
    /// <exception cref="UserErrorException">Invalid value.</exception>
    public StudyValue Read(Option option, string key, ConfigNode node)
    {
        string value = ToText(option, key, node);
        if (value == RunFlags.Auto && NeverAuto.Contains(option.Name, StringComparer.Ordinal))
        {
            throw node.At.Wrong(key, "a study takes one that is named, not auto: its runs are to compute alike, and again the same");
        }

        var word = new SortedDictionary<string, string>(StringComparer.Ordinal) { [option.Name] = value };
        ParseResult parsed = _root.Parse([.. RunLines.Words(_root, word)]);
        if (parsed.Errors.Count > 0)
        {
            string message = parsed.Errors[0].Message;
            throw node.At.Wrong(key, message.StartsWith($"{option.Name} ", StringComparison.Ordinal) ? message[(option.Name.Length + 1)..] : message);
        }

        return new StudyValue(option.Name, value, key, node.At);
    }

    private string Unknown(string key) => NearestWord.Of(key, _known.Values.Except(_refused.Keys).Select(o => o.Name.TrimStart('-'))) is { } nearest
        ? $"a run has no such option; did you mean '{nearest}'?"
        : "a run has no such option; 'dotnet run --project Orchestrator -- --help' lists all";

    /// <summary>Converts to command-line syntax: text as it is, lists with commas, mappings in braces.</summary>
    private static string ToText(Option option, string key, ConfigNode node) => node switch
    {
        ConfigText { IsMissing: true } => throw node.At.Wrong(key, "has no value; give one, or leave the key out"),
        ConfigText { IsNull: true } => throw node.At.Wrong(key, "takes a value, not ~"),
        ConfigText text when option.ValueType == typeof(bool) && text.Value is not ("true" or "false") =>
            throw node.At.Wrong(key, $"takes true or false, not {text.Kind}"),
        ConfigText text => text.Value,
        ConfigList list => string.Join(',', Texts(key, list)),
        ConfigMap map => $"{{{string.Join(", ", map.Entries.Select(e => ListOf($"{key}.{e.Key}", e)))}}}",
        _ => throw node.At.Wrong(key, $"takes a value, not {node.Kind}"),
    };

    private static string ListOf(string key, ConfigEntry entry) => entry.Value switch
    {
        ConfigList list => $"{entry.Key}: [{string.Join(", ", Texts(key, list))}]",
        ConfigMap map => $"{entry.Key}: [{string.Join(", ", map.Entries.Select(e => $"{e.Key}={TextOf($"{key}.{e.Key}", e.Value)}"))}]",
        _ => throw entry.Value.At.Wrong(key, $"takes a list, such as [1, 2], not {entry.Value.Kind}"),
    };

    private static IEnumerable<string> Texts(string key, ConfigList list) =>
        list.Items.Select(i => TextOf(key, i));

    private static string TextOf(string key, ConfigNode node) =>
        node is ConfigText { Value.Length: > 0 } text ? text.Value : throw node.At.Wrong(key, $"takes one value here, not {node.Kind}");
}
