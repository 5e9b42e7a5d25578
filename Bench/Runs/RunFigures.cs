using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TraversalLearning.Benchmarks.Runs;

/// <summary>What one run took; what was not told is zero or empty.</summary>
internal sealed partial record RunFigures
{
    /// <summary>Mean of the steps that count.</summary>
    public required double StepMilliseconds { get; init; }

    /// <summary>The parts of the step, in milliseconds, in the order of <c>run.json</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Budget { get; init; } = [];

    /// <summary>Nodes visited in a step.</summary>
    public double Visits { get; init; }

    /// <summary>To all nodes, a step.</summary>
    public double SentBytes { get; init; }

    /// <summary>From all nodes, a step.</summary>
    public double ReceivedBytes { get; init; }

    /// <summary>Managed memory that the orchestrator or the one process allocated, a step.</summary>
    public double AllocatedBytes { get; init; }

    /// <summary>What the orchestrator or the one process spent of processors, in milliseconds a step.</summary>
    public double OwnProcessor { get; init; }

    /// <summary>What all processes spent of processors, in milliseconds a step; the nodes' processes have equally many visits.</summary>
    public double Processor => OwnProcessor + (Nodes.Count > 0 ? Visits * Nodes.Average(n => n.VisitProcessor) : 0);

    /// <summary>The most memory of the orchestrator or the one process.</summary>
    public long PeakMemory { get; init; }

    /// <summary>What the nodes' processes said, in order.</summary>
    public IReadOnlyList<NodeFigures> Nodes { get; init; } = [];

    /// <summary>How long it took to let all nodes in, since the first came.</summary>
    public double AcceptSeconds { get; init; }

    /// <summary>Reads what <c>run.json</c> says.</summary>
    /// <exception cref="InvalidDataException">It says nothing of the kind.</exception>
    public static RunFigures OfRun(JsonNode? run)
    {
        if (run?["performance"] is not JsonObject told)
        {
            throw new InvalidDataException("run.json has no 'performance'");
        }

        return new RunFigures
        {
            StepMilliseconds = Number("step_ms"),
            Budget = [.. told["step_budget_ms"]!.AsObject().Select(p => KeyValuePair.Create(p.Key, p.Value!.GetValue<double>()))],
            Visits = Number("step_visits"),
            SentBytes = Number("step_sent_bytes"),
            ReceivedBytes = Number("step_received_bytes"),
            AllocatedBytes = Number("step_allocated_bytes"),
            OwnProcessor = Number("step_processor_ms"),
            PeakMemory = (long)Number("peak_memory_bytes"),
        };

        double Number(string key) => told[key]!.GetValue<double>();
    }

    /// <summary>Reads the last line of a PyTorch script.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static RunFigures OfPyTorch(string line) => PyTorchLine().Match(line) is { Success: true } match
        ? new RunFigures
        {
            StepMilliseconds = double.Parse(match.Groups["ms"].Value, CultureInfo.InvariantCulture),
            PeakMemory = long.Parse(match.Groups["peak"].Value, CultureInfo.InvariantCulture),
        }
        : throw new InvalidDataException($"no figures of PyTorch: {line}");

    [GeneratedRegex(@": (?<ms>[0-9.]+) ms a step, peak_memory_bytes=(?<peak>[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PyTorchLine();
}

/// <summary>What a node's process said when it ended.</summary>
/// <param name="PeakMemory">The most that was resident.</param>
/// <param name="VisitAllocatedBytes">Managed memory that a visit allocated.</param>
/// <param name="VisitProcessor">What a visit spent of processors, in milliseconds.</param>
internal sealed partial record NodeFigures(long PeakMemory, double VisitAllocatedBytes, double VisitProcessor)
{
    /// <summary>Finds the line among a node's.</summary>
    /// <exception cref="InvalidDataException">It is not there.</exception>
    public static NodeFigures Of(IEnumerable<string> lines)
    {
        Match match = lines.Select(line => Line().Match(line)).LastOrDefault(m => m.Success) ?? throw new InvalidDataException("a node has said no figures");
        return new NodeFigures(
            long.Parse(match.Groups["peak"].Value, CultureInfo.InvariantCulture),
            double.Parse(match.Groups["allocated"].Value, CultureInfo.InvariantCulture),
            double.Parse(match.Groups["processor"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(
        "figures: peak_memory_bytes=(?<peak>[0-9]+) visits=[0-9]+ visit_allocated_bytes=(?<allocated>[0-9]+) visit_processor_ms=(?<processor>[0-9.]+)",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();
}
