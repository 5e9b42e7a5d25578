using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags for visits to nodes and the encoding of tensors.</summary>
internal sealed class VisitFlags : FlagSection
{
    public VisitFlags()
    {
        var encoding = new EncodingFlags();
        Add(new RunFlag<Exchange?>(
            Flag.Choice<Exchange?>(
                "--exchange",
                "round trips of a step ([exchanges](../explanation/algorithm.md#exchanges)); `auto` measures the fastest",
                [.. ExchangeKind.All.Select(k => (k.Word, (Exchange?)k.Exchange)), (RunFlags.Auto, null)]),
            o => o.Exchange,
            (o, v) => o with { Exchange = v ?? Exchange.TwoPhase, AnyExchange = v is null })
        {
            Uses = FlagUse.Visits,
            Effect = FlagEffect.Result,
        });
        Add(new RunFlag<TraversalOrder>(
            Flag.Choice(
                "--traversal",
                "visit a batch's nodes concurrently or one after the other",
                ("parallel", TraversalOrder.Parallel),
                ("sequential", TraversalOrder.Sequential)),
            o => o.Traversal,
            (o, v) => o with { Traversal = v }) { Uses = FlagUse.Visits });
        Add(new RunFlag<int>(
            Flag.Int(
                "--visits_at_once",
                "nodes that are visited concurrently; 0 for as many as fit into 256 MB ([memory](../explanation/algorithm.md#memory))",
                Default.VisitsAtOnce,
                min: 0,
                max: 100_000),
            o => o.VisitsAtOnce,
            (o, v) => o with { VisitsAtOnce = v }) { Uses = FlagUse.Visits });
        Add(new RunFlag<int>(
            Flag.Int(
                "--micro_batch_rows",
                "rows with which the central backward pass begins ([micro-batches](../explanation/algorithm.md#micro-batches)); 0 to wait for all",
                Default.MicroBatchRows,
                min: 0),
            o => o.MicroBatchRows,
            (o, v) => o with { MicroBatchRows = v })
        {
            Uses = FlagUse.Visits,
            Effect = FlagEffect.Result,
        });
        Add(new RunFlag<CompressionMode>(encoding.Compression, o => o.Compression, (o, v) => o with { Compression = v })
        {
            Uses = FlagUse.Visits,
            IsSharedWithNodes = true,
        });
        Add(new RunFlag<bool>(encoding.Checksums, o => o.Checksums, (o, v) => o with { Checksums = v })
        {
            Uses = FlagUse.Visits,
            IsSharedWithNodes = true,
        });
        Add(new RunFlag<bool>(
            Flag.Switch("--allow_lossy", "train also where the gradient is [not that of centralized training](../explanation/exactness.md#exact-or-refused)"),
            o => o.AllowLossy,
            (o, v) => o with { AllowLossy = v }) { Uses = FlagUse.Visits });
    }
}
