using System.Runtime.InteropServices;
using TorchSharp;
using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.SecureAggregation;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Support;

/// <summary>The nodes of a blind run without a network: the test itself is the orchestrator, an honest one or not.</summary>
internal sealed class BlindCrew : IDisposable
{
    private readonly ClusterOptions _options;
    private readonly BlindMember[] _members;
    private readonly int[] _counts;

    /// <summary>Nodes that have begun the run and agreed on keys.</summary>
    /// <param name="options">Their data, model and so on.</param>
    /// <param name="settings">What each node keeps and agrees to.</param>
    /// <param name="minNodes">Nodes that must have rows in a batch, by the run's terms.</param>
    /// <param name="skips">Whether a step may have fewer nodes than the plan names.</param>
    public BlindCrew(ClusterOptions options, Func<int, BlindSettings>? settings = null, int minNodes = 2, bool skips = true)
    {
        _options = options with { Exchange = Exchange.Blind };
        RunContext context = _options.NewContext();
        _counts = [.. options.EffectivePartition.Select(p => p.Length)];
        Terms = new BlindTerms
        {
            Run = new string('a', 32),
            Seed = options.Seed,
            BatchSize = options.BatchSize,
            LastBatch = options.LastBatch,
            Optimizer = options.Optimizer,
            SumBits = SumFormat.DefaultBits(options.Type, options.EffectivePartition.Length),
            MinNodesPerBatch = minNodes,
            Skips = skips,
        };
        using (ModelManager model = context.NewModel())
        {
            Start = model.Parameters.ValueBytes.ToArray();
        }

        Units = [.. options.EffectivePartition.Select(p => new ComputeUnit(context.Setup, options.EffectiveImages.Select(p), CPU, shared: false, long.MaxValue))];
        _members = [.. Units.Select((unit, i) => new BlindMember(unit, OwnOf(i + 1), settings?.Invoke(i + 1) ?? new BlindSettings { Policy = new PolicySource(NodePolicy.Permissive) }))];
        Planner = new VirtualBatchPlanner(_counts, options.BatchSize, options.Seed, options.LastBatch);
        foreach (BlindMember member in _members)
        {
            member.Start(Terms.ToJson(), _counts, Start);
        }

        Agree();
    }

    public BlindTerms Terms { get; }

    public VirtualBatchPlanner Planner { get; }

    /// <summary>Where each node computes.</summary>
    public ComputeUnit[] Units { get; }

    /// <summary>θ at the start.</summary>
    public byte[] Start { get; }

    public int Count => _members.Length;

    /// <summary>The sample counts of nodes 1 to N.</summary>
    public int[] Counts => [.. _counts];

    public BlindMember this[int id] => _members[id - 1];

    /// <summary>A node's own samples in its unit.</summary>
    public OwnSamples OwnOf(int id) => new(id, 0, _counts[id - 1]);

    /// <summary>The offers of all nodes for a new key epoch.</summary>
    public KeyOffer[] Offers() => [.. _members.Select(m => KeyOffer.Parse(m.Offer().Offer))];

    /// <summary>A new key epoch.</summary>
    public void Agree() => Agree(new KeyRoster(Terms.Run, Offers()).ToBytes());

    /// <summary>Ends the agreement on keys.</summary>
    public KeyAgreed[] Agree(byte[] roster)
    {
        (KeyAgreed reply, byte[]? shares) = this[1].Agree(1, roster, null);
        int length = shares!.Length / (Count - 1);
        return [reply, .. _members.Skip(1).Select((m, i) => m.Agree(1, roster, shares.AsSpan(i * length, length).ToArray()).Reply)];
    }

    /// <summary>The request for a step of the first epoch, without a sum.</summary>
    public BlindStep Request(int batch, int attempt = 0, int[]? headroom = null, int[]? participants = null) => new(
        new StepId(1, batch, attempt),
        Array.ConvertAll(participants ?? [.. Planner.Batch(1, batch).Plan.Visits.Select(v => v.NodeId)], n => (long)n),
        headroom ?? [],
        default,
        Agree: false);

    /// <summary>The same headroom for every tensor.</summary>
    public int[] HeadroomOf(int bits) => [.. Enumerable.Repeat(bits, this[1].Replica!.Parameters.Layout.Count)];

    /// <summary>The masked sum of a step over its participants.</summary>
    public byte[] Sum(BlindStep request)
    {
        var sum = new MaskedSum(new byte[this[1].Format!.Integers == Tensors.ElementType.Int64 ? (int)this[1].SumShape![0] * 8 : (int)this[1].SumShape![0] * 4], this[1].Format!.Bits == 64);
        foreach (long node in request.Participants)
        {
            sum.Add(this[(int)node].Step(request).Sum!);
        }

        return sum.Bytes;
    }

    /// <summary>Trains as an honest orchestrator has nodes train: a sum that is too coarse is made again.</summary>
    /// <returns>The last step.</returns>
    public StepId Train(int batches)
    {
        StepId after = default;
        for (int batch = 0; batch < batches; batch++)
        {
            after = TrainOn(batch, after);
        }

        return after;
    }

    /// <summary>One step.</summary>
    public StepId TrainOn(int batch, StepId after)
    {
        Headroom headroom = NewHeadroom();
        for (int attempt = 0; ; attempt++)
        {
            BlindStep request = Request(batch, attempt, headroom.Bits);
            try
            {
                byte[] sum = Sum(request);
                if (_members.Count(m => IsCoarse(m, new AppliedSum(request.Step, request.Headroom, after), sum)) is var coarse && coarse == 0)
                {
                    return request.Step;
                }

                Assert.That(coarse, Is.EqualTo(Count), "all nodes find the same");
                headroom = NewHeadroom();
            }
            catch (TaskRefusedException e) when (e.Code == TaskFailureCodes.Range)
            {
                Grow(headroom, e.Unfit);
            }
        }
    }

    /// <summary>A sum that all nodes will add: the request, and the sum.</summary>
    public (BlindStep Request, byte[] Sum) SumOf(int batch)
    {
        Headroom headroom = NewHeadroom();
        for (int attempt = 0; ; attempt++)
        {
            BlindStep request = Request(batch, attempt, headroom.Bits);
            try
            {
                return (request, Sum(request));
            }
            catch (TaskRefusedException e) when (e.Code == TaskFailureCodes.Range)
            {
                Grow(headroom, e.Unfit);
            }
        }
    }

    private Headroom NewHeadroom() => new(this[1].Replica!.Parameters.Layout.Count);

    private static void Grow(Headroom headroom, int[] tensors)
    {
        headroom.Refused(new TaskFailedException(1, TaskFailureCodes.Range, "too large") { Unfit = tensors });
        Assert.That(headroom.Grow(), Is.True);
    }

    private static bool IsCoarse(BlindMember member, AppliedSum which, byte[] sum)
    {
        try
        {
            Apply(member, which, sum);
            return false;
        }
        catch (TaskRefusedException e) when (e.Code == TaskFailureCodes.Coarse)
        {
            return true;
        }
    }

    /// <summary>Hands a node a copy of a sum.</summary>
    public static void Apply(BlindMember member, AppliedSum which, byte[] sum) => member.Apply(which, sum.AsSpan().ToArray());

    /// <summary>θ of a node.</summary>
    public byte[] ThetaOf(int id)
    {
        this[id].Replica!.Parameters.ValuesToHost();
        return this[id].Replica!.Parameters.ValueBytes.ToArray();
    }

    /// <summary>The same training by hand and without masks: integers of all nodes are added as they are.</summary>
    public byte[] TrainUnmasked(int batches)
    {
        SumFormat format = this[1].Format!;
        using var replica = new BlindReplica(Units[0].Setup, Terms.Optimizer, format, CPU);
        Start.CopyTo(replica.Parameters.ValueBytes);
        replica.Parameters.ValuesFromHost();
        for (int index = 0; index < batches; index++)
        {
            VirtualBatch batch = Planner.Batch(1, index);
            Headroom headroom = NewHeadroom();
            while (true)
            {
                if (UnmaskedSum(replica, format, batch, headroom) is not { } sum)
                {
                    continue;
                }

                bool precise = replica.Scale.IsPrecise(sum, headroom.Bits, out SumScale.Next next);
                if (precise)
                {
                    replica.Scale.Dequantise(sum, headroom.Bits, replica.Parameters.HostGradient.Memory.Span);
                }

                replica.Scale.Use(next);
                headroom = NewHeadroom();
                if (precise)
                {
                    break;
                }
            }

            replica.Update(new StepId(1, index, 0));
        }

        replica.Parameters.ValuesToHost();
        return replica.Parameters.ValueBytes.ToArray();
    }

    /// <summary>The sum of all nodes' integers, without masks; <see langword="null"/> if one does not fit, and the headroom has grown.</summary>
    public byte[]? UnmaskedSum(BlindReplica replica, SumFormat format, VirtualBatch batch, Headroom headroom)
    {
        byte[] sum = new byte[replica.Scale.Count * format.Bits / 8];
        foreach (Visit visit in batch.Plan.Visits)
        {
            (byte[] part, int[] unfit) = Quantised(replica, format, batch, visit, headroom.Bits);
            if (unfit.Length > 0)
            {
                Grow(headroom, unfit);
                return null;
            }

            for (int i = 0; i < replica.Scale.Count; i++)
            {
                if (format.Bits == 64)
                {
                    MemoryMarshal.Cast<byte, long>(sum.AsSpan())[i] += MemoryMarshal.Cast<byte, long>(part.AsSpan())[i];
                }
                else
                {
                    MemoryMarshal.Cast<byte, int>(sum.AsSpan())[i] += MemoryMarshal.Cast<byte, int>(part.AsSpan())[i];
                }
            }
        }

        return sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(_members, m => m.Dispose());
        Array.ForEach(Units, u => u.Dispose());
    }

    private (byte[] Part, int[] Unfit) Quantised(BlindReplica replica, SumFormat format, VirtualBatch batch, Visit visit, int[] headroom)
    {
        using DisposeScope scope = NewDisposeScope();
        ComputeUnit unit = Units[visit.NodeId - 1];
        (Tensor inputs, Tensor labels) = unit.Samples.Gather(unit.Setup.Augmentation, batch.Epoch, visit.Indices, OwnOf(visit.NodeId));
        replica.Gradient(inputs, labels, batch.Rows);
        byte[] part = new byte[replica.Scale.Count * format.Bits / 8];
        int[] unfit = replica.Scale.Quantise(replica.Parameters.HostGradient.Memory.Span, headroom, part);
        return (part, unfit);
    }
}
