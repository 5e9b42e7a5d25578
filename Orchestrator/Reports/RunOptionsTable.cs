using System.Text.Json.Nodes;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The options of runs, from <c>run.json</c>: shared ones, and differing ones.</summary>
internal sealed class RunOptionsTable
{
    private readonly Dictionary<ReportedRun, Dictionary<string, string>> _options;

    /// <summary>Collects the options of completed runs; for the others only their command is known.</summary>
    public RunOptionsTable(IEnumerable<ReportedRun> runs)
    {
        _options = runs.Where(r => r.Record is not null).ToDictionary(r => r, r => OptionsOf(r.Record!.Options));
        string[] names = [.. _options.Values.SelectMany(o => o.Keys).Distinct(StringComparer.Ordinal)];
        ILookup<bool, string> shared = names.ToLookup(name => _options.Values.Select(o => o.GetValueOrDefault(name)).Distinct(StringComparer.Ordinal).Count() == 1);
        Shared = [.. shared[true].Select(name => (name, _options.Values.First()[name]))];
        Differing = [.. shared[false]];
    }

    public IReadOnlyList<(string Name, string Value)> Shared { get; }

    public IReadOnlyList<string> Differing { get; }

    /// <summary>Whether a run's options are known.</summary>
    public bool Knows(ReportedRun run) => _options.ContainsKey(run);

    /// <summary>An option of a run; empty if it has none of that name.</summary>
    public string Of(ReportedRun run, string name) => _options[run].GetValueOrDefault(name, string.Empty);

    private static Dictionary<string, string> OptionsOf(JsonObject of)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, JsonNode? value) in of)
        {
            if (JsonText.Of(value) is { Length: > 0 } text)
            {
                options[name] = text;
            }
        }

        return options;
    }
}
