using System.Buffers.Binary;
using System.Security.Cryptography;
using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Files;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.SecureAggregation;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// A run as a node trains it: the plan, which the node derives itself and alone follows, its θ, and the gradient of the
/// step that it is in.
/// </summary>
internal sealed class BlindRun : IDisposable
{
    private readonly ComputeUnit _unit;
    private readonly OwnSamples _own;
    private readonly BlindSettings _settings;
    private readonly string _text;
    private readonly int[] _counts;
    private readonly VirtualBatchPlanner _planner;
    private readonly byte[] _masked;

    // Two figures an epoch at most.
    private readonly Dictionary<(int Epoch, int Batch), int[]> _evaluated = [];
    private Gradient? _gradient;
    private StepId _coarse;
    private (StepId Step, int[] Participants) _asked;

    private BlindRun(ComputeUnit unit, OwnSamples own, BlindSettings settings, string text, BlindTerms terms, int[] counts)
    {
        (_unit, _own, _settings, _text, Terms, _counts) = (unit, own, settings, text, terms, counts);
        Format = new SumFormat(unit.Setup.ElementType, terms.SumBits, counts.Length).Validated();
        var holdOut = HoldOut.Of(counts, terms.ValidationFraction, terms.Seed);
        _planner = new VirtualBatchPlanner(holdOut.Training, terms.BatchSize, terms.Seed, terms.LastBatch);
        HeldOut = holdOut.Validation[own.NodeId - 1];
        Replica = new BlindReplica(unit.Setup, terms.Optimizer, Format, unit.Device);
        Vector = new SumVector(Format, Replica.Scale.Count);
        _masked = new byte[Vector.Length];
    }

    public BlindTerms Terms { get; }

    public SumFormat Format { get; }

    public SumVector Vector { get; }

    public BlindReplica Replica { get; private set; }

    /// <summary>Number of nodes of the run.</summary>
    public int NodeCount => _counts.Length;

    /// <summary>The last step whose sum θ contains; epoch 0 before the first.</summary>
    public StepId Applied { get; private set; }

    /// <summary>The node's samples that are held out of training.</summary>
    public int[] HeldOut { get; }

    /// <summary>Begins a run.</summary>
    /// <exception cref="ModelException">The terms are not acceptable to this node.</exception>
    public static BlindRun Create(ComputeUnit unit, OwnSamples own, BlindSettings settings, string text, int[] counts, ReadOnlySpan<byte> parameters)
    {
        var terms = BlindTerms.Parse(text);
        if (own.NodeId > counts.Length || counts[own.NodeId - 1] != own.Count || counts.Sum(c => (long)c) is < 1 or > int.MaxValue)
        {
            throw new ModelException("the orchestrator counts the nodes' samples wrongly");
        }

        if (terms.MinNodesPerBatch < settings.Policy.Current.BlindNodes)
        {
            throw new PolicyException(
                PolicyKeys.MinNodes,
                $"the orchestrator trains on batches with rows of {terms.MinNodesPerBatch} nodes (--min_nodes_per_batch), and {settings.Policy.Current.BlindNodes} are needed");
        }

        if (unit.Setup.Model.Layers.FirstOrDefault(l => l.Coupling != LayerCoupling.None) is { } layer)
        {
            throw new ModelException($"layer '{layer.Name}' couples the rows of a batch, and no node of a blind run has them all");
        }

        unit.Memory.RequireTraining(Math.Min(terms.BatchSize, Math.Max(own.Count, 1)));
        var run = new BlindRun(unit, own, settings, text, terms, counts);
        parameters.CopyTo(run.Replica.Parameters.ValueBytes.Span);
        run.Replica.Parameters.ValuesFromHost();
        run.RequireLastBatch();
        return run;
    }

    /// <summary>Whether this is the run of these terms.</summary>
    public bool Is(string text, int[] counts) => string.Equals(text, _text, StringComparison.Ordinal) && counts.AsSpan().SequenceEqual(_counts);

    /// <summary>The batch of a step, which must be later than those that θ contains.</summary>
    public VirtualBatch BatchOf(StepId step)
    {
        if (step.Epoch < 1 || step.Batch < 0 || step.Batch >= _planner.BatchesPerEpoch)
        {
            throw new TaskRefusedException(TaskFailureCodes.Computation, $"{step} is not in the plan of the run");
        }

        return (step.Epoch, step.Batch).CompareTo((Applied.Epoch, Applied.Batch)) > 0
            ? _planner.Batch(step.Epoch, step.Batch)
            : throw new TaskRefusedException(TaskFailureCodes.Computation, $"{step} has been trained on already");
    }

    /// <summary>The nodes of a step, after a check: each has rows in the batch, and there are enough of them.</summary>
    public int[] Participants(VirtualBatch batch, long[] named)
    {
        int[] planned = [.. batch.Plan.Visits.Select(v => v.NodeId)];
        int[] participants = named.Length == 0 ? planned : Ascending(named);
        if (participants.Except(planned).Any())
        {
            throw new TaskRefusedException(TaskFailureCodes.Computation, $"a node without rows in {StepId.InWords(batch.Epoch, batch.Index)} was named");
        }

        if (!Terms.Skips && participants.Length < planned.Length)
        {
            throw OthersNamed($"the sum of {StepId.InWords(batch.Epoch, batch.Index)}");
        }

        RequireEnough(participants);
        RequireRows(batch.Plan.Visits.Where(v => participants.Contains(v.NodeId)).Sum(v => v.Rows));
        return participants;
    }

    /// <summary>Notes the nodes of a step, to which the mask of its sum belongs.</summary>
    public void Asked(StepId step, int[] participants) => _asked = (step, participants);

    /// <summary>The nodes of an evaluation, after a check: once asked with some nodes, it is not answered with others.</summary>
    public int[] EvaluationParticipants(BlindEvaluation request)
    {
        int[] participants = Ascending(request.Participants);
        RequireEnough(participants);
        if (!participants.Contains(_own.NodeId) || participants[^1] > NodeCount)
        {
            throw new TaskRefusedException(TaskFailureCodes.Computation, "the nodes of an evaluation are not those of the run");
        }

        (int Epoch, int Batch) which = (request.Evaluation.Epoch, request.Evaluation.Batch);
        if (!Terms.Skips && _evaluated.TryGetValue(which, out int[]? before) && !before.AsSpan().SequenceEqual(participants))
        {
            throw OthersNamed("an evaluation");
        }

        _evaluated[which] = participants;
        return participants;
    }

    /// <summary>Adds the sum of a step to θ, unless it has been added already.</summary>
    /// <param name="which">Which sum.</param>
    /// <param name="sum">The sum; overwritten.</param>
    /// <param name="keys">Take its mask off.</param>
    /// <returns>Names of the tensors whose sums have fewer bits than others must have.</returns>
    public string[] Apply(AppliedSum which, Span<byte> sum, BlindKeys keys)
    {
        if (which.Step == Applied)
        {
            return [];
        }

        if (which.Step == _coarse)
        {
            throw TooCoarse(which.Step);
        }

        if (which.After != Applied)
        {
            throw new TaskRefusedException(TaskFailureCodes.NoState, $"this node's model is that after {Describe(Applied)}, not that after {Describe(which.After)}");
        }

        _ = BatchOf(which.Step);
        RequireHeadroom(which.Headroom);
        if (which.Step != _asked.Step)
        {
            throw NotAuthentic(which.Step);
        }

        keys.Unmask(which.Step, _asked.Participants, sum, Format);
        if (!Vector.IsAuthentic(sum, TagPoint(which.Step, which.Headroom, keys)))
        {
            throw NotAuthentic(which.Step);
        }

        ReadOnlySpan<byte> values = Vector.Values(sum);
        if (!Replica.Scale.IsPrecise(values, which.Headroom, out SumScale.Next next))
        {
            Replica.Scale.Use(next);
            _coarse = which.Step;
            throw TooCoarse(which.Step);
        }

        _gradient = null;
        Replica.Scale.Dequantise(values, which.Headroom, Replica.Parameters.HostGradient.Memory.Span);
        Replica.Scale.Use(next);
        Replica.Update(which.Step);
        Applied = which.Step;
        return [.. next.FewBits.Select(t => Replica.Parameters.Layout[t].Name)];
    }

    /// <summary>The node's masked part of a step.</summary>
    public StepReply MaskedPart(StepId step, VirtualBatch batch, int[] participants, int[] headroom, BlindKeys keys)
    {
        RequireHeadroom(headroom);
        Gradient own = GradientOf(batch, participants);
        ReadOnlySpan<byte> gradient = Replica.Parameters.HostGradient.Memory.Span;
        Span<byte> sum = _masked;
        int[] unfit = Replica.Scale.Quantise(gradient, headroom, Vector.Values(sum));
        if (unfit.Length > 0)
        {
            throw NonFinite.IndexOf(gradient, Format.Elements) is >= 0 and var element
                ? new TaskRefusedException(TaskFailureCodes.NotFinite, $"its gradient is not finite (element {element})")
                : TooLarge(step, unfit);
        }

        Vector.WriteTag(sum, TagPoint(step, headroom, keys));
        keys.MaskSum(step, participants, Terms.MaskNeighbours, sum, Format);
        long[] figures = [own.Loss, own.Hits];
        keys.Mask(step, MaskUse.Step, participants, Terms.MaskNeighbours, figures);
        return new StepReply(_masked, figures, own.Rows);
    }

    /// <summary>
    /// The point of a step's authenticator, to which the scale and the headroom of its integers and the step before it belong:
    /// integers of different scales do not add up to an authentic sum, and a sum is not authentic on another scale.
    /// </summary>
    private ulong TagPoint(StepId step, int[] headroom, BlindKeys keys)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        using var content = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> numbers = stackalloc byte[sizeof(ulong) + (3 * sizeof(int))];
        BinaryPrimitives.WriteUInt64LittleEndian(numbers, keys.TagPoint(step));
        BinaryPrimitives.WriteInt32LittleEndian(numbers[8..], Applied.Epoch);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[12..], Applied.Batch);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[16..], Applied.Attempt);
        content.AppendData(numbers);
        content.AppendData(Replica.Scale.HeadroomToBytes(headroom));
        content.AppendData(Replica.Scale.ToBytes());
        content.GetHashAndReset(hash);
        return (BinaryPrimitives.ReadUInt64LittleEndian(hash) % (SumTag.Modulus - 1)) + 1;
    }

    /// <summary>A keyed hash of θ and of the step that it is after.</summary>
    public string Agreement(BlindKeys keys)
    {
        Replica.Parameters.ValuesToHost();
        return keys.Authenticate($"agreement after {Applied.Epoch}.{Applied.Batch}.{Applied.Attempt}", SHA256.HashData(Replica.Parameters.ValueBytes.Span));
    }

    /// <summary>Refuses a request for the state after another step.</summary>
    public void RequireAt(StepId step)
    {
        if (step != Applied)
        {
            throw new TaskRefusedException(TaskFailureCodes.NoState, $"this node's model is that after {Describe(Applied)}, not that after {Describe(step)}");
        }
    }

    /// <summary>Restores a state of training.</summary>
    /// <exception cref="ModelException">The state belongs to another model, or is not that after the step.</exception>
    public void Restore(byte[] state, StepId step)
    {
        var restored = new BlindReplica(_unit.Setup, Terms.Optimizer, Format, _unit.Device);
        try
        {
            Applied = TrainingState.Read(restored, state) is var applied && applied == step
                ? applied
                : throw new ModelException($"the sealed state is that after {Describe(applied)}, not that after {Describe(step)}");
        }
        catch
        {
            restored.Dispose();
            throw;
        }

        restored.MoveTo(step.Epoch);
        Replica.Dispose();
        (Replica, _gradient, _coarse) = (restored, null, default);
    }

    /// <summary>Writes the model to the state folder.</summary>
    /// <returns>Its path; <see langword="null"/> without a state folder.</returns>
    public string? WriteModel(string? stateFolder)
    {
        if (stateFolder is null)
        {
            return null;
        }

        TrainingSetup setup = _unit.Setup;
        string folder = Path.Combine(stateFolder, Terms.Run);
        PrivateFiles.CreateFolder(folder);
        string path = Path.Combine(folder, ModelFile.FileName);
        ModelFile.Write(
            path,
            Replica.Parameters,
            new ModelFileHeader(setup.Model, setup.ElementType, setup.Normalisation, setup.Preparation) { Loss = setup.Loss, Samples = Terms.Samples });
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => Replica.Dispose();

    private static string Describe(StepId step) => step.Epoch == 0 ? "the start" : step.ToString();

    private static TaskRefusedException OthersNamed(string what) => new(
        TaskFailureCodes.Computation,
        $"{what} was asked for without some nodes, and this run waits for lost ones (--on_node_loss): the difference of two sums would be one node's loss");

    private static TaskRefusedException TooCoarse(StepId step) => new(TaskFailureCodes.Coarse, $"the sum of {step} has too few bits");

    private TaskRefusedException TooLarge(StepId step, int[] tensors) => new(
        TaskFailureCodes.Range, $"a gradient at {step} is larger than the scale of the sum ({string.Join(", ", tensors.Take(5).Select(t => Replica.Parameters.Layout[t].Name))})")
    {
        Unfit = tensors,
    };

    private static TaskRefusedException NotAuthentic(StepId step) => new(
        TaskFailureCodes.Computation, $"the sum of {step} is not what the nodes sent: masks do not cancel, or somebody changed it");

    private static int[] Ascending(long[] named)
    {
        for (int i = 0; i < named.Length; i++)
        {
            if (named[i] is < 1 or > int.MaxValue || (i > 0 && named[i] <= named[i - 1]))
            {
                throw new TaskRefusedException(TaskFailureCodes.Computation, "a list of nodes is not ascending");
            }
        }

        return Array.ConvertAll(named, n => (int)n);
    }

    private void RequireHeadroom(int[] headroom)
    {
        if (headroom.Length > 0 && headroom.Length != Replica.Scale.TensorCount)
        {
            throw new TaskRefusedException(TaskFailureCodes.Computation, $"there is headroom for {headroom.Length} parameter tensors, and the model has {Replica.Scale.TensorCount}");
        }
    }

    private void RequireEnough(int[] participants)
    {
        if (participants.Length < _settings.Policy.Current.BlindNodes)
        {
            throw new PolicyException(PolicyKeys.MinNodes, $"{participants.Length} nodes would be in the sum, and {_settings.Policy.Current.BlindNodes} are needed");
        }

        if (participants.Length < Terms.MinNodesPerBatch)
        {
            throw new TaskRefusedException(
                TaskFailureCodes.Computation, $"{participants.Length} nodes would be in the sum, and there must be {Terms.MinNodesPerBatch} (--min_nodes_per_batch)");
        }
    }

    /// <summary>The last batch of an epoch may be too small for the policy: said now, and not after an epoch.</summary>
    private void RequireLastBatch() => RequireRows(
        Terms.LastBatch == LastBatch.Drop || _planner.TotalSamples % Terms.BatchSize == 0 ? Terms.BatchSize : _planner.TotalSamples % Terms.BatchSize);

    private void RequireRows(int rows) => PolicyGuard.RequireBatch(_settings.Policy.Current, rows);

    /// <summary>The gradient of this node's rows, computed once for a batch and its nodes.</summary>
    private Gradient GradientOf(VirtualBatch batch, int[] participants)
    {
        string nodes = string.Join(',', participants);
        if (_gradient is { } kept && kept.Epoch == batch.Epoch && kept.Batch == batch.Index && kept.Participants == nodes)
        {
            return kept;
        }

        _gradient = null;
        int rows = batch.Plan.Visits.Where(v => participants.Contains(v.NodeId)).Sum(v => v.Rows);
        int[] indices = batch.Plan.Visits.Single(v => v.NodeId == _own.NodeId).Indices;
        using DisposeScope scope = NewDisposeScope();
        (Tensor inputs, Tensor labels) = _unit.Samples.Gather(_unit.Setup.Augmentation, batch.Epoch, indices, _own);
        (double loss, int hits) = Replica.Gradient(inputs, labels, rows);
        _gradient = new Gradient(batch.Epoch, batch.Index, nodes, FixedPoint.Units(loss, "the loss", NodeCount), hits, indices.Length);
        return _gradient;
    }

    private sealed record Gradient(int Epoch, int Batch, string Participants, long Loss, int Hits, int Rows);
}
