using TraversalLearning.Configuration;
using TraversalLearning.Data.Tables;
using TraversalLearning.Hosting;

namespace TraversalLearning.Nodes.Policies;

/// <summary>Reads a policy from a YAML file; docs/reference/policy.md lists the keys.</summary>
public static class PolicyFile
{
    private const double Gigabyte = 1e9;

    private static readonly ConfigKind Kind = new(
        "policy", PolicyKeys.Exchanges, "a policy says at least one thing, such as 'exchanges: [blind]'; a node without a policy needs no --policy");

    /// <summary><see cref="NodePolicy.Permissive"/> as a file.</summary>
    public static string PermissiveText { get; } = $"# For trials on one machine: allows everything.\n{PolicyKeys.RevealModel}: end\n{PolicyKeys.MinNodes}: 1\n";

    /// <summary>Reads the file.</summary>
    /// <exception cref="UserErrorException">The file is invalid; the message gives file, line, key and a correction.</exception>
    public static NodePolicy Read(string path)
    {
        var section = new ConfigSection(ConfigReader.Read(path, Kind), string.Empty, [.. PolicyRules.All.Select(r => r.Key)]);
        string[] methods = [.. MethodName.All.Select(m => m.Name)];
        string[] exchanges = [.. ExchangeKind.All.Select(k => k.Word)];
        return new NodePolicy
        {
            Orchestrators = section.Words(PolicyKeys.Orchestrators),
            Hours = ReadHours(section),
            Algorithms = section.Words(PolicyKeys.Algorithms, methods),
            Exchanges = section.Words(PolicyKeys.Exchanges, exchanges),
            AllowsReveal = section.Word(PolicyKeys.RevealModel, "never", "end") is "end",
            MinBatch = section.Int(PolicyKeys.MinBatch, 1, int.MaxValue),
            MinNodes = section.Int(PolicyKeys.MinNodes, 1, 100_000),
            MinCut = section.Int(PolicyKeys.MinCut, 1, 10_000),
            MaxRowsAlone = section.Int(PolicyKeys.MaxRowsAlone, 0, int.MaxValue),
            MaxParameters = (long?)section.Number(PolicyKeys.MaxParameters, 1, 1e12),
            MaxModelBytes = (long?)(section.Number(PolicyKeys.MaxModelGb, 0.000_001, 1e6) * Gigabyte),
            MaxEpochs = section.Int(PolicyKeys.MaxEpochs, 1, int.MaxValue),
            MaxRounds = section.Int(PolicyKeys.MaxRounds, 1, int.MaxValue),
            MaxVisits = section.Int(PolicyKeys.MaxVisits, 1, int.MaxValue),
            MaxBytes = (long?)(section.Number(PolicyKeys.MaxGb, 0.000_001, 1e9) * Gigabyte),
            MaxRunsPerDay = section.Int(PolicyKeys.MaxRunsPerDay, 0, int.MaxValue),
            Tables = section.Map(PolicyKeys.Tables) is { } tables ? ReadTables(tables) : TellRules.Everything,
        };
    }

    private static TellRules ReadTables(ConfigMap map)
    {
        var section = new ConfigSection(map, PolicyKeys.Tables, PolicyKeys.Columns, PolicyKeys.Statistics, PolicyKeys.MinCount);
        string[] kinds = [.. TellRules.Kinds.Select(TellRules.WordOf)];
        return new TellRules
        {
            Columns = section.Words(PolicyKeys.Columns)?.ToHashSet(StringComparer.Ordinal),
            Statistics = section.Words(PolicyKeys.Statistics, [.. kinds, "none"]) is { } told
                ? TellRules.Kinds.Where(k => told.Contains(TellRules.WordOf(k), StringComparer.Ordinal)).Aggregate(ToldStatistics.None, (all, k) => all | k)
                : ToldStatistics.All,
            MinCount = section.Int(PolicyKeys.MinCount, 0, int.MaxValue) ?? 0,
        };
    }

    private static HoursOfDay? ReadHours(ConfigSection section) => section.Text(PolicyKeys.Hours) is not { } text ? null
        : HoursOfDay.Parse(text) ?? throw section.Wrong(section.Find(PolicyKeys.Hours)!, "hours of the day such as '20:00-06:00'");
}
