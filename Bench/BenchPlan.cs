using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Nodes;

namespace TraversalLearning.Benchmarks;

/// <summary>What is measured, and how long.</summary>
internal sealed record BenchPlan
{
    private const int UsualNodes = 3;

    private static readonly string[] Exchanges = [.. ExchangeKind.All.Where(k => !k.IsBlind).Select(k => k.Word)];

    /// <summary>Who is measured in every round, in this order.</summary>
    public required IReadOnlyList<Contender> Contenders { get; init; }

    /// <summary>How often.</summary>
    public required int Rounds { get; init; }

    /// <summary>For each of the measurements within this process.</summary>
    public required TimeSpan Micro { get; init; }

    /// <summary>Tensors for the codec, in bytes.</summary>
    public required IReadOnlyList<int> CodecLengths { get; init; }

    /// <summary>How many virtual nodes; none: not measured.</summary>
    public IReadOnlyList<int> Scale { get; init; } = [];

    /// <summary>What they train.</summary>
    public Workload ScaleWorkload { get; } = new("mlp", 1024, "1", Steps: 6);

    /// <summary>Twenty to thirty-five minutes on two processors.</summary>
    public static BenchPlan Full { get; } = new()
    {
        Rounds = 3,
        Micro = TimeSpan.FromSeconds(2),
        CodecLengths = [64 * 1024, 1024 * 1024, 16 * 1024 * 1024],
        Scale = [1, 10, 100, 1000],
        Contenders =
        [
            .. Side(new Workload("mlp", 64, "1", Steps: 500), [1, UsualNodes, 5]),
            .. Side(new Workload("mlp", 1024, "1", Steps: 58, Epochs: 4), [1, UsualNodes, 5]),

            // The convolutions on the nodes, where they run in parallel, and the fully connected layers on the orchestrator: its best cut here.
            .. Side(new Workload("cnn", 64, "flatten", Steps: 30), [1, UsualNodes, 5]),
            .. Traversals(new Workload("cnn", 64, "1", Steps: 30), [UsualNodes]),
        ],
    };

    /// <summary>Some two minutes.</summary>
    public static BenchPlan Quick { get; } = new()
    {
        Rounds = 2,
        Micro = TimeSpan.FromSeconds(0.4),
        CodecLengths = [1024 * 1024],
        Contenders =
        [
            .. Side(new Workload("mlp", 64, "1", Steps: 200), [UsualNodes]),
            .. Side(new Workload("mlp", 1024, "1", Steps: 25, Epochs: 4), [UsualNodes]),
            .. Side(new Workload("cnn", 64, "flatten", Steps: 10), [UsualNodes]),
        ],
    };

    /// <summary>Some seconds: shows that it works, and says nothing about speed.</summary>
    public static BenchPlan Smoke { get; } = new()
    {
        Rounds = 1,
        Micro = TimeSpan.FromMilliseconds(10),
        CodecLengths = [64 * 1024],
        Contenders = [new Contender(Trainer.Centralized, Tiny), .. WithBare(new Contender(Trainer.Traversal, Tiny, 2, Exchanges[0])), Blind(Tiny)],
    };

    private static Workload Tiny => new("mlp", 16, "1", Steps: 4);

    /// <summary>The same without PyTorch.</summary>
    public BenchPlan WithoutPyTorch() =>
        this with { Contenders = [.. Contenders.Where(c => c.Trainer is not (Trainer.PyTorch or Trainer.PyTorchDdp))] };

    private static IEnumerable<Contender> Side(Workload workload, int[] nodes) =>
    [
        new Contender(Trainer.Centralized, workload.Pooled),
        .. Traversals(workload, nodes),
        Blind(workload),
        new Contender(Trainer.PyTorch, workload.Pooled),
        new Contender(Trainer.PyTorchDdp, workload.Pooled, UsualNodes),
    ];

    private static IEnumerable<Contender> Traversals(Workload workload, int[] nodes) =>
        from n in nodes
        from exchange in n == UsualNodes ? Exchanges : Exchanges[..2]
        from contender in WithBare(new Contender(Trainer.Traversal, workload, n, exchange))
        select contender;

    private static Contender Blind(Workload workload) => new(Trainer.Traversal, workload, UsualNodes, Exchange.Blind.ToWord());

    private static Contender[] WithBare(Contender traversal) => [traversal, traversal.Bare];
}
