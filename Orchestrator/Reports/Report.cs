using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The subject of a report: one study, a single run, or two studies side by side.</summary>
/// <param name="Studies">One or two, with different names.</param>
internal sealed record Report(IReadOnlyList<ReportedStudy> Studies)
{
    /// <summary>Two studies side by side; equal names are distinguished by A and B.</summary>
    public static Report Of(ReportedStudy first, ReportedStudy second) => first.Name != second.Name
        ? new Report([first, second])
        : new Report([first.Renamed($"{first.Name} A"), second.Renamed($"{second.Name} B")]);

    /// <summary>All runs.</summary>
    public IEnumerable<ReportedRun> Runs => Studies.SelectMany(s => s.Runs);

    /// <summary>All runs, with their study.</summary>
    public IEnumerable<(ReportedStudy Study, ReportedRun Run)> Rows => Studies.SelectMany(s => s.Runs.Select(r => (s, r)));

    /// <summary>All groups, with their study.</summary>
    public IEnumerable<(ReportedStudy Study, RunGroup Group)> Groups => Studies.SelectMany(s => s.Groups.Select(g => (s, g)));

    /// <summary>The names of the settings that vary between runs, in either study.</summary>
    public IReadOnlyList<string> Settings { get; } = [.. Studies.SelectMany(s => s.Settings).Distinct(StringComparer.Ordinal)];

    /// <summary>The measures to compare, the main one first.</summary>
    public IReadOnlyList<Measure> Measures { get; } = Measure.Of(Studies.SelectMany(s => s.Runs).Select(r => r.Measures));

    /// <summary>The byte budget for comparison at equal bytes; <see langword="null"/> if no run has traffic.</summary>
    public long? EqualBytes { get; } = Studies is [{ IsRun: true }]
        ? null
        : new ByteBudget(Studies.Select(s => s.EqualBytes).FirstOrDefault(b => b is not null)).For(Studies.SelectMany(s => s.Groups).SelectMany(g => g.Done).Select(r => r.Curve));

    /// <summary>Whether runs are compared with centralized training, which must be among them.</summary>
    public bool HasCentralized => Studies.All(s => !s.IsUnderWay) && Groups.Any(g => g.Group.Done.Count > 0 && CentralizedEquality.IsCentralized(g.Group.Settings));

    /// <summary>Whether the report covers a single run.</summary>
    public bool IsRun => Studies is [{ IsRun: true }];

    /// <summary>Whether the report compares two studies.</summary>
    public bool IsComparison => Studies.Count > 1;

    /// <summary>
    /// Pairs of groups with equal settings, as far as both studies have them, where the match is unique.
    /// </summary>
    public IReadOnlyList<GroupPair> Pairs { get; } = Studies.Count == 2 ? GroupPair.Of(Studies[0], Studies[1]) : [];
}

/// <summary>Groups of two studies with equal settings.</summary>
/// <param name="First">From the first study.</param>
/// <param name="Second">From the second study.</param>
internal sealed record GroupPair(RunGroup First, RunGroup Second)
{
    /// <summary>The second mean of a column minus the first; <see langword="null"/> if either is missing.</summary>
    public double? Difference(string column) => Second.Of(column)?.Mean - First.Of(column)?.Mean;

    /// <summary>Matches the groups of two studies.</summary>
    public static IReadOnlyList<GroupPair> Of(ReportedStudy first, ReportedStudy second)
    {
        string[] common = [.. first.Settings.Intersect(second.Settings, StringComparer.Ordinal)];
        ILookup<string, RunGroup> firsts = first.Groups.ToLookup(Key, StringComparer.Ordinal);
        ILookup<string, RunGroup> seconds = second.Groups.ToLookup(Key, StringComparer.Ordinal);
        return [.. from own in first.Groups
                   where firsts[Key(own)].Count() == 1 && seconds[Key(own)].Count() == 1
                   select new GroupPair(own, seconds[Key(own)].Single())];

        string Key(RunGroup group) => string.Join('\n', common.Select(key => group.Settings.GetValueOrDefault(key)));
    }
}
