using TraversalLearning.Nodes;

namespace TraversalLearning.Benchmarks.Runs;

/// <summary>Who trains.</summary>
internal enum Trainer
{
    /// <summary>Our own loop in one process.</summary>
    Centralized,

    /// <summary>Orchestrator and nodes.</summary>
    Traversal,

    /// <summary>What they compute and the bytes that they move, without the product's transport.</summary>
    Bare,

    /// <summary>PyTorch's loop in one process.</summary>
    PyTorch,

    /// <summary>PyTorch's DistributedDataParallel over gloo.</summary>
    PyTorchDdp,
}

/// <summary>One of those that are measured side by side.</summary>
/// <param name="Trainer">Who.</param>
/// <param name="Workload">What.</param>
/// <param name="Nodes">Processes that hold data.</param>
/// <param name="Exchange">As <c>--exchange</c>; empty where there is none.</param>
internal sealed record Contender(Trainer Trainer, Workload Workload, int Nodes = 1, string Exchange = "")
{
    /// <summary>Who trains the same in one process, with our loop.</summary>
    public Contender Baseline => new(Trainer.Centralized, Workload.Pooled);

    /// <summary>Who trains the same in one process, with PyTorch's.</summary>
    public Contender PyTorchBaseline => new(Trainer.PyTorch, Workload.Pooled);

    /// <summary>Whether nodes train, and the orchestrator adds masked integers.</summary>
    public bool IsBlind => ExchangeKind.Find(Exchange) is { IsBlind: true };

    /// <summary>The bare step of traversal learning; there is none of the blind exchange.</summary>
    public Contender Bare => this with { Trainer = Trainer.Bare };

    /// <summary>Who, without what is trained.</summary>
    public string Who => Trainer switch
    {
        Trainer.Centralized => "centralized",
        Trainer.PyTorch => "PyTorch",
        Trainer.PyTorchDdp => $"PyTorch DDP × {Nodes}",
        Trainer.Bare => $"bare × {Nodes} {Exchange}",
        _ => $"TL × {Nodes} {Exchange}",
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Workload.Name}, {Who}";
}
