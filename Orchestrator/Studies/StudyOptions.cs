using System.CommandLine;
using System.CommandLine.Help;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Studies.Files;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>A flag's value as a study's file says it.</summary>
/// <param name="Flag">Its first name, with hyphens.</param>
/// <param name="Value">As the command line takes it.</param>
/// <param name="Key">Where it stands among the keys of the file.</param>
/// <param name="At">Where it stands in the file.</param>
internal sealed record StudyValue(string Flag, string Value, string Key, FilePosition At);

/// <summary>The options of a run as keys of a study's file: those of the orchestrator's own command, each value read by the flag itself.</summary>
internal sealed class StudyOptions
{
    private static readonly string[] NeverAuto = ["--cut", "--exchange"];

    private readonly Command _root;
    private readonly Dictionary<string, Option> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<Option, string> _refused;

    /// <summary>The options of a study.</summary>
    /// <param name="flags">Of runs.</param>
    /// <param name="root">The orchestrator's own command.</param>
    /// <param name="hosting">Where nodes are.</param>
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
    /// <param name="section">The key of the mapping that it is in.</param>
    /// <param name="entry">The entry.</param>
    /// <exception cref="UserErrorException">There is no such option, a study does not take it, or it does not take the value.</exception>
    public StudyValue Read(string section, ConfigEntry entry)
    {
        string key = $"{section}.{entry.Key}";
        return Read(Find(key, entry), key, entry.Value);
    }

    /// <summary>Reads what stands for an option under another name.</summary>
    /// <param name="flag">The option.</param>
    /// <param name="key">The key, with those around it.</param>
    /// <param name="value">What stands under it.</param>
    public StudyValue Read(string flag, string key, ConfigNode value) => Read(_known[flag.TrimStart('-')], key, value);

    /// <summary>The option that an entry's key names.</summary>
    /// <exception cref="UserErrorException">There is none, or a study does not take it.</exception>
    public Option Find(string key, ConfigEntry entry)
    {
        if (!_known.TryGetValue(entry.Key, out Option? option))
        {
            throw entry.At.Wrong(key, Unknown(entry.Key));
        }

        return _refused.TryGetValue(option, out string? reason) ? throw entry.At.Wrong(key, reason) : option;
    }

    /// <summary>Reads one value of an option.</summary>
    /// <exception cref="UserErrorException">The option does not take it.</exception>
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

    /// <summary>A text as it is; a list with commas between, as flags take several numbers; a mapping in braces, as flags take groups of nodes.</summary>
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
