using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>What a report is about: one study, a run alone, or two studies side by side.</summary>
/// <param name="Studies">One or two, of different names.</param>
internal sealed record Report(IReadOnlyList<ReportedStudy> Studies)
{
    /// <summary>Two studies side by side; where they have the same name, they are told apart by A and B.</summary>
    public static Report Of(ReportedStudy first, ReportedStudy second) => first.Name != second.Name
        ? new Report([first, second])
        : new Report([first.Renamed($"{first.Name} A"), second.Renamed($"{second.Name} B")]);

    /// <summary>All runs.</summary>
    public IEnumerable<ReportedRun> Runs => Studies.SelectMany(s => s.Runs);

    /// <summary>All runs, with their study.</summary>
    public IEnumerable<(ReportedStudy Study, ReportedRun Run)> Rows => Studies.SelectMany(s => s.Runs.Select(r => (s, r)));

    /// <summary>All groups, with their study.</summary>
    public IEnumerable<(ReportedStudy Study, RunGroup Group)> Groups => Studies.SelectMany(s => s.Groups.Select(g => (s, g)));

    /// <summary>The names of what sets runs apart, in one of the studies or in both.</summary>
    public IReadOnlyList<string> Settings { get; } = [.. Studies.SelectMany(s => s.Settings).Distinct(StringComparer.Ordinal)];

    /// <summary>What there is to compare, the main one first.</summary>
    public IReadOnlyList<Measure> Measures { get; } = Measure.Of(Studies.SelectMany(s => s.Runs).Select(r => r.Measures));

    /// <summary>How many bytes runs may spend where they are compared at equal bytes; <see langword="null"/> if none spends any.</summary>
    public long? EqualBytes { get; } = Studies is [{ IsRun: true }]
        ? null
        : new ByteBudget(Studies.Select(s => s.EqualBytes).FirstOrDefault(b => b is not null)).For(Studies.SelectMany(s => s.Groups).SelectMany(g => g.Done).Select(r => r.Curve));

    /// <summary>Whether runs are compared with centralized training, which is among them.</summary>
    public bool HasCentralized => Studies.All(s => !s.IsUnderWay) && Groups.Any(g => g.Group.Done.Count > 0 && CentralizedEquality.IsCentralized(g.Group.Settings));

    /// <summary>Whether it is about a run alone.</summary>
    public bool IsRun => Studies is [{ IsRun: true }];

    /// <summary>Whether two studies stand side by side.</summary>
    public bool IsComparison => Studies.Count > 1;

    /// <summary>Groups of both studies whose settings are the same, as far as both studies have them, and no other group's.</summary>
    public IReadOnlyList<GroupPair> Pairs { get; } = Studies.Count == 2 ? GroupPair.Of(Studies[0], Studies[1]) : [];
}

/// <summary>Groups of two studies with the same settings.</summary>
/// <param name="First">Of the first study.</param>
/// <param name="Second">Of the second.</param>
internal sealed record GroupPair(RunGroup First, RunGroup Second)
{
    /// <summary>The second mean of a column less the first; <see langword="null"/> where one has none.</summary>
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
