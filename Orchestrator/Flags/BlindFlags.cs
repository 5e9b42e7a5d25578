using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags of the blind exchange.</summary>
internal sealed class BlindFlags : FlagSection
{
    public BlindFlags()
    {
        Add(new RunFlag<int>(
            Flag.Choice(
                "--sum_bits",
                "bits of the [integers](../explanation/blind.md#sums-of-integers) in which `--exchange blind` adds gradients",
                ("auto", 0),
                ("32", 32),
                ("64", 64)),
            o => o.SumBits,
            (o, v) => o with { SumBits = v })
        {
            Uses = FlagUse.Visits,
            Effect = FlagEffect.Result,
            IsOmittedAtDefault = true,
        });
        Add(new RunFlag<int>(
            Flag.Int(
                "--min_nodes_per_batch",
                "nodes that must have rows in a batch of `--exchange blind`; other batches are left out",
                Default.MinNodesPerBatch,
                min: 2,
                max: 100_000),
            o => o.MinNodesPerBatch,
            (o, v) => o with { MinNodesPerBatch = v })
        {
            Uses = FlagUse.Visits,
            Effect = FlagEffect.Result,
            IsOmittedAtDefault = true,
        });
        Add(new RunFlag<int>(
            Flag.Int(
                "--mask_neighbours",
                $"other nodes with which each shares masks; 0 for all below {RunOptions.AllMaskedBelow} nodes, {RunOptions.DefaultMaskNeighbours} from there on",
                Default.MaskNeighbours,
                min: 0,
                max: 100_000),
            o => o.MaskNeighbours,
            (o, v) => o with { MaskNeighbours = v }) { Uses = FlagUse.Visits });
        Add(new RunFlag<int>(
            Flag.Int(
                "--agree_every",
                "steps after which the nodes of `--exchange blind` compare a keyed hash of their models",
                Default.AgreeEvery,
                min: 1),
            o => o.AgreeEvery,
            (o, v) => o with { AgreeEvery = v }) { Uses = FlagUse.Visits });
        Add(new RunFlag<RevealModel>(
            Flag.Choice(
                "--reveal_model",
                "whether this orchestrator gets the model of `--exchange blind` at the end; every node's [policy](policy.md) must allow it",
                ("never", RevealModel.Never),
                ("end", RevealModel.End)),
            o => o.RevealModel,
            (o, v) => o with { RevealModel = v }) { Uses = FlagUse.Epochs & ~FlagUse.Centralized });
    }

    /// <summary>Refuses another method than traversal learning: it would go on with an exchange of its own, and not be blind.</summary>
    /// <exception cref="UserErrorException">The method does not have the exchange.</exception>
    public static void RequireTraversal(RunOptions options, Algorithm algorithm)
    {
        if (!options.AnyExchange && options.Exchange.Kind().IsBlind && algorithm != Algorithm.Traversal)
        {
            throw new UserErrorException(ExitCode.Usage, $"--exchange blind belongs to --algorithm tl: with {algorithm} the orchestrator would see models or gradients; leave one of the two out");
        }
    }

    /// <summary>Refuses what the blind exchange cannot do.</summary>
    /// <exception cref="UserErrorException">A flag does not go with the exchange.</exception>
    public static void Require(RunOptions options)
    {
        if (options.AnyExchange || !options.Exchange.Kind().IsBlind)
        {
            return;
        }

        string? problem = options.AnyCut ? "--exchange blind has no cut to choose: nodes compute the whole model; leave --cut out"
            : options.AllowLossy ? "--allow_lossy does not go with --exchange blind: the nodes' models would differ"
            : options.AllowNonFinite ? "--allow_nonfinite does not go with --exchange blind: NaN and infinity cannot be added as integers"
            : options.SumBits == 32 && options.ElementType == ElementType.Float64 ? "--sum_bits 32 loses digits of --dtype float64; leave it out"
            : options.NumNodes < options.MinNodesPerBatch
                ? options.NumNodes < 2 ? "--exchange blind needs at least 2 nodes, 3 to be safe: what one node computes cannot hide among others"
                : $"--exchange blind trains on batches with rows of {options.MinNodesPerBatch} nodes, and there are {options.NumNodes}; with --min_nodes_per_batch 2, and min_nodes: 2 in the nodes' policies, each of two nodes can compute the other's gradient"
            : null;
        if (problem is not null)
        {
            throw new UserErrorException(ExitCode.Usage, problem);
        }
    }
}
