using System.Globalization;
using TraversalLearning.Data;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>The simulated behaviour of a node in each round.</summary>
/// <param name="Available">Probability that it is available.</param>
/// <param name="Fail">Probability that its reply is lost, if it is asked.</param>
/// <param name="DelayMilliseconds">Delay before it is asked.</param>
internal sealed record NodeChances(double Available, double Fail, int DelayMilliseconds)
{
    /// <summary>Always available, without failures or delay.</summary>
    public static NodeChances Sure { get; } = new(1, 0, 0);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"p_available={Available} p_fail={Fail} delay_ms={DelayMilliseconds}");
}

/// <summary>The simulated fate of a node in one round.</summary>
/// <param name="IsAway">Whether it is absent and not asked.</param>
/// <param name="Fails">Whether its reply is lost.</param>
/// <param name="Delay">Delay before it is asked.</param>
internal readonly record struct NodeFate(bool IsAway, bool Fails, TimeSpan Delay);

/// <summary>
/// Simulated availability of nodes, set by <c>--availability</c> in lines like <c>slow: p_available=0.8 p_fail=0.1
/// delay_ms=50</c>. Each round and node has its own generator, so neither the order of replies nor an interruption of
/// the run changes the outcome.
/// </summary>
internal sealed class Availability
{
    /// <summary>The flag.</summary>
    public const string Flag = "--availability";

    /// <summary>The name for all nodes.</summary>
    public const string All = "all";

    // "away": separates this use of the seed from others.
    private const ulong Stream = 0x61776179;
    private const int MaxDelay = 3_600_000;
    private const string Example = "slow: p_available=0.8 p_fail=0.1 delay_ms=50";

    private readonly NodeChances[] _chances;
    private readonly ulong _seed;

    private Availability(NodeChances[] chances, ulong seed) => (_chances, _seed) = (chances, seed);

    /// <summary>Whether rows can be lost.</summary>
    public bool LosesRows => _chances.Any(c => c.Available < 1 || c.Fail > 0);

    /// <summary>
    /// Parses the value of the flag: a path, or YAML in braces. A line overrides earlier lines for the same nodes.
    /// </summary>
    /// <param name="value">The value of the flag.</param>
    /// <param name="nodeCount">Ids range from 1 to this.</param>
    /// <param name="groups">Groups whose names may precede the colon; <see langword="null"/> for none.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="UserErrorException">Invalid content; the message gives the line.</exception>
    public static Availability Read(string value, int nodeCount, NodeGroups? groups, ulong seed)
    {
        var chances = new NodeChances[nodeCount];
        Array.Fill(chances, NodeChances.Sure);
        foreach (NamedWords line in NamedWords.Read(Flag, value, Example))
        {
            NodeChances own = line.Words.Aggregate(NodeChances.Sure, (before, word) => With(before, word.Word, word.Where));
            foreach (int node in NodesOf(line, nodeCount, groups))
            {
                chances[node - 1] = own;
            }
        }

        return new Availability(chances, seed);
    }

    /// <summary>The fate of a node in a round.</summary>
    public NodeFate Of(int epoch, int round, int node)
    {
        NodeChances chances = _chances[node - 1];
        SeededRandom random = SeededRandom.ForStream(_seed, Stream, (ulong)epoch, (ulong)round, (ulong)node);
        bool isAway = random.NextDouble() >= chances.Available;
        bool fails = random.NextDouble() < chances.Fail;
        return new NodeFate(isAway, !isAway && fails, TimeSpan.FromMilliseconds(chances.DelayMilliseconds));
    }

    /// <summary>
    /// An equivalent value for <see cref="Read"/> that needs no groups: one line per range of equal nodes.
    /// </summary>
    public override string ToString()
    {
        var lines = new List<string>();
        int first = 0;
        for (int i = 1; i <= _chances.Length; i++)
        {
            if (i == _chances.Length || _chances[i] != _chances[first])
            {
                string name = i - first > 1 ? string.Create(CultureInfo.InvariantCulture, $"{first + 1}-{i}") : string.Create(CultureInfo.InvariantCulture, $"{i}");
                lines.Add($"{name}: {_chances[first]}");
                first = i;
            }
        }

        return $"{{{string.Join(", ", lines)}}}";
    }

    private static NodeChances With(NodeChances chances, string word, string where)
    {
        string[] parts = word.Split('=', 2);
        string text = parts.Length == 2 ? parts[1] : string.Empty;
        return parts[0] switch
        {
            "p_available" => chances with { Available = Probability(parts[0], text, where) },
            "p_fail" => chances with { Fail = Probability(parts[0], text, where) },
            "delay_ms" => chances with
            {
                DelayMilliseconds = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int delay) && delay <= MaxDelay
                    ? delay
                    : throw NamedWords.Wrong(where, $"delay_ms={text}: takes a whole number from 0 to {MaxDelay}"),
            },
            _ => throw NamedWords.Wrong(where, $"'{word}' is none of p_available=x, p_fail=x and delay_ms=n; lines are like '{Example}'"),
        };
    }

    private static double Probability(string name, string text, string where) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 1
            ? value
            : throw NamedWords.Wrong(where, $"{name}={text}: takes a number from 0 to 1");

    /// <summary>The nodes of a line: all, a group, one id, or a range of ids.</summary>
    private static IEnumerable<int> NodesOf(NamedWords line, int nodeCount, NodeGroups? groups)
    {
        if (line.Name == All)
        {
            return Enumerable.Range(1, nodeCount);
        }

        if (line.Name.Length == 0 || !line.Name.All(c => char.IsAsciiDigit(c) || c == '-'))
        {
            return groups?.Find(line.Name)?.Nodes ?? throw NamedWords.Wrong(
                line.Where,
                groups is null
                    ? $"'{line.Name}': there are no groups; give {NodeGroups.Flag}, or ids such as 1-3, or {All}"
                    : $"there is no group '{line.Name}'; use one of {string.Join(", ", groups.All.Select(g => g.Name))}, ids such as 1-3, or {All}");
        }

        string[] ends = line.Name.Split('-', 2);
        int first = NodeLists.NodeOf(line.Where, ends[0], nodeCount);
        int last = NodeLists.NodeOf(line.Where, ends[^1], nodeCount);
        return first <= last
            ? Enumerable.Range(first, last - first + 1)
            : throw NamedWords.Wrong(line.Where, $"'{line.Name}': the smaller id stands first");
    }
}
