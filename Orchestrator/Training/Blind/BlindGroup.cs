using System.Runtime.InteropServices;
using TraversalLearning.Data.Batches;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.SecureAggregation;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>
/// The nodes of a blind run as a group that trains one model: their keys, the sum that they add next, and how one that has
/// lost its state gets it back. The orchestrator sees integers under masks, sealed bytes, and sums of figures.
/// </summary>
/// <param name="nodes">The nodes.</param>
/// <param name="run">Names the run.</param>
/// <param name="format">The integers of sums.</param>
/// <param name="layout">The model's parameters.</param>
/// <param name="agreeEvery">Steps between comparisons of the nodes' models.</param>
/// <param name="clock">Measures where the time of a step goes.</param>
/// <param name="log">The run's log.</param>
internal sealed class BlindGroup(BlindNodes nodes, string run, SumFormat format, IReadOnlyList<ParameterSlice> layout, int agreeEvery, StepClock clock, OrchestratorLog log)
{
    private const int MaxAttempts = 64;

    private readonly long _parameters = layout.Sum(p => p.Count);
    private readonly long[] _shape = [layout.Sum(p => p.Count) + SumTag.Words];
    private readonly Stack<byte[]> _room = [];
    private readonly Lock _lock = new();
    private readonly Dictionary<int, string> _consents = [];
    private StepId _applied;
    private StepSum? _pending;
    private string? _keyEpoch;
    private string? _groupKey;
    private readonly Dictionary<(int Epoch, int Batch), int> _attempts = [];
    private long _steps;

    /// <summary>Nodes that must have rows in a batch.</summary>
    public int MinNodes { get; init; } = 1;

    /// <summary>Names the run.</summary>
    public string Run => run;

    /// <summary>Whether all nodes' keys are signed by their certificates.</summary>
    public bool KeysAreSigned { get; private set; }

    /// <summary>The last step of training, whether or not every node has added its sum.</summary>
    public StepId LastStep => _pending?.Step ?? _applied;

    private int Length => (int)_shape[0] * format.Integers.Size();

    /// <summary>Agrees on keys, and with a sealed state restores that.</summary>
    /// <param name="sealedState">The state to go on from; <see langword="null"/> for a new run.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="UserErrorException">No node has the key of the sealed state.</exception>
    public Task BeginAsync(SealedModel? sealedState, CancellationToken cancellationToken) =>
        sealedState is null ? AgreeOnKeysAsync(cancellationToken) : RestoreAsync(sealedState, cancellationToken);

    /// <summary>Restores all nodes to a sealed state, in a key epoch of its own: steps may be done once more, with other values.</summary>
    /// <exception cref="UserErrorException">No node has the key of the sealed state.</exception>
    public async Task RestoreAsync(SealedModel sealedState, CancellationToken cancellationToken)
    {
        _groupKey = sealedState.GroupKey;
        for (int attempt = 0; ; attempt++)
        {
            RequireFewer(attempt);
            await AgreeOnKeysAsync(cancellationToken);
            int[] present = await nodes.PresentAsync(cancellationToken);
            if (await UnsealAsync(present, sealedState.Step, sealedState.Bytes, cancellationToken) == Verdict.Done)
            {
                (_applied, _pending) = (sealedState.Step, null);
                nodes.Restored(present);
                return;
            }
        }
    }

    /// <summary>Trains on a batch: its sum becomes the one that nodes add next.</summary>
    /// <exception cref="NodeLostException">A node was lost.</exception>
    public async Task<StepSum> StepAsync(VirtualBatch batch, CancellationToken cancellationToken)
    {
        bool agree = _steps++ % agreeEvery == 0;
        foreach ((int Epoch, int Batch) earlier in _attempts.Keys.Where(k => k != (batch.Epoch, batch.Index) && k != (LastStep.Epoch, LastStep.Batch)).ToArray())
        {
            _attempts.Remove(earlier);
        }

        _pending = await SumAsync(batch, agree, cancellationToken);
        return _pending;
    }

    /// <summary>Has every node add the last sum.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 0; _pending is { } sum; attempt++)
        {
            RequireFewer(attempt);
            var said = new Agreements();
            Verdict verdict = await LeftAsync(nodes.AskFollowersAsync(
                await nodes.PresentAsync(cancellationToken),
                _ => null,
                async (node, link, token) =>
                {
                    using EncodedTensor words = Encode(sum.Words);
                    said.Add(node, (await link.RequestAsync<BlindApply, BlindApplied>(new BlindApply(Which(sum)), new[] { words }, [], token)).Agreement);
                },
                cancellationToken));
            await HandleAsync(verdict, cancellationToken);
            if (verdict == Verdict.Done)
            {
                said.Require(sum.Step);
                Applied();
            }
        }
    }

    /// <summary>Evaluates the model on the nodes' own samples, by masked sums.</summary>
    /// <param name="epoch">After which epoch.</param>
    /// <param name="heldOut">Whether on the samples held out of training, or on test samples.</param>
    /// <param name="rows">Rows of nodes 1 to N.</param>
    /// <param name="figures">Number of figures.</param>
    /// <param name="batchRows">Rows per forward pass.</param>
    /// <param name="minNodes">Nodes that must have rows.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The figures' sums; <see langword="null"/> if too few nodes have rows.</returns>
    public async Task<long[]?> EvaluateAsync(
        int epoch, bool heldOut, IReadOnlyList<int> rows, int figures, int batchRows, int minNodes, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            RequireFewer(attempt);
            await FlushAsync(cancellationToken);
            int[] asked = [.. nodes.Present.Where(n => rows[n - 1] > 0)];
            if (asked.Length < minNodes)
            {
                return null;
            }

            var request = new BlindEvaluation(new StepId(epoch, heldOut ? 1 : 0, attempt), Array.ConvertAll(asked, n => (long)n), batchRows);
            var sum = new MaskedSum(new byte[figures * sizeof(long)], wide: true);
            Verdict verdict = await LeftAsync(nodes.AskAsync(
                asked,
                async (_, link, token) =>
                {
                    byte[] part = new byte[figures * sizeof(long)];
                    await link.RequestAsync<BlindEvaluation, BlindScores>(
                        request, default, [new ExpectedTensor(TensorNames.Figures, ElementType.Int64, [figures], part)], token);
                    sum.Add(part);
                },
                cancellationToken));
            if (verdict == Verdict.Done)
            {
                return MemoryMarshal.Cast<byte, long>(sum.Bytes).ToArray();
            }

            await HandleAsync(verdict, cancellationToken);
        }
    }

    /// <summary>The state of training after the last step, sealed under the run's key.</summary>
    public async Task<SealedModel> SealAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            RequireFewer(attempt);
            await FlushAsync(cancellationToken);
            if (await SealAsync((await nodes.PresentAsync(cancellationToken))[0], cancellationToken) is { } bytes)
            {
                return new SealedModel(run, _groupKey!, _applied, bytes);
            }

            await RecoverAsync(cancellationToken);
        }
    }

    /// <summary>Ends the run: every node writes the model to its state folder.</summary>
    /// <param name="model">Receives θ, where it is to be revealed; empty if not.</param>
    /// <param name="elements">Element type of θ.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="UserErrorException">The model is to be revealed, and a node has not consented.</exception>
    public async Task FinishAsync(Memory<byte> model, ElementType elements, CancellationToken cancellationToken)
    {
        byte[] consents = model.IsEmpty ? [] : Consents();
        for (int attempt = 0; ; attempt++)
        {
            RequireFewer(attempt);
            await FlushAsync(cancellationToken);
            int[] present = await nodes.PresentAsync(cancellationToken);
            Verdict verdict = await LeftAsync(nodes.AskAsync(
                present,
                async (node, link, token) =>
                {
                    bool reveals = node == present[0] && consents.Length > 0;
                    using var blob = EncodedTensor.OfBytes(consents);
                    await link.RequestAsync<BlindFinish, BlindFinished>(
                        new BlindFinish(_applied),
                        reveals ? new[] { blob } : default(ReadOnlyMemory<EncodedTensor>),
                        reveals ? [new ExpectedTensor(TensorNames.Parameters, elements, [_parameters], model)] : [],
                        token);
                },
                cancellationToken));
            if (verdict == Verdict.Done)
            {
                return;
            }

            await HandleAsync(verdict, cancellationToken);
        }
    }

    /// <summary>Refuses to reveal the model at the end if a node does not consent, before anything is trained.</summary>
    /// <exception cref="UserErrorException">A node does not consent.</exception>
    public void RequireConsents() => _ = Consents();

    private static void RequireFewer(int attempts)
    {
        if (attempts == MaxAttempts)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"the nodes did not complete a step in {MaxAttempts} attempts; their logs say why");
        }
    }

    private byte[] Consents()
    {
        int missing = Enumerable.Range(1, nodes.Count).FirstOrDefault(n => _consents.GetValueOrDefault(n, string.Empty).Length == 0);
        return missing == 0
            ? [.. Enumerable.Range(1, nodes.Count).SelectMany(n => Convert.FromHexString(_consents[n]))]
            : throw new UserErrorException(
                ExitCode.Rejected, $"node {missing} does not allow the orchestrator to have the model: leave --reveal_model out, or have the node's policy say reveal_model: end");
    }

    private AppliedSum Which(StepSum? sum) => sum is null ? default : new AppliedSum(sum.Step, sum.Headroom, _applied);

    /// <summary>Every node that is to has added the last sum, whose memory is free.</summary>
    private void Applied()
    {
        if (_pending is { } sum)
        {
            GiveBack(sum.Words);
            (_applied, _pending) = (sum.Step, null);
        }
    }

    private EncodedTensor Encode(byte[] words) => EncodedTensor.Encode(TensorNames.Sum, format.Integers, _shape, words, TensorEncodingOptions.Raw);

    /// <summary>The sum of a batch, after as many attempts as it takes.</summary>
    private async Task<StepSum> SumAsync(VirtualBatch batch, bool agree, CancellationToken cancellationToken)
    {
        var headroom = new Headroom(layout.Count);
        for (int attempt = 0; ; attempt++)
        {
            RequireFewer(attempt);
            StepId step = NextAttempt(batch);
            var sum = new MaskedSum(Lend(), format.Bits == 64);
            var figures = new MaskedSum(new byte[2 * sizeof(long)], wide: true);
            var said = new Agreements();
            Verdict verdict = await AskStepAsync(step, batch, headroom, agree, sum, figures, said, cancellationToken);
            if (verdict == Verdict.Done)
            {
                said.Require(LastStep);
                Applied();
                ReadOnlySpan<long> totals = MemoryMarshal.Cast<byte, long>(figures.Bytes);
                return new StepSum(step, batch, headroom.Bits, sum.Bytes, FixedPoint.Value(totals[0]), (int)totals[1]);
            }

            log.BlindStepRepeated(step, verdict.ToString());
            if (!headroom.Grow())
            {
                throw new UserErrorException(ExitCode.TrainingFailed, $"a gradient of {step} is too large for any scale");
            }

            await HandleAsync(verdict, cancellationToken);
        }
    }

    /// <summary>An attempt that no node has masked a value for: a mask hides one value only.</summary>
    private StepId NextAttempt(VirtualBatch batch)
    {
        int attempt = _attempts.GetValueOrDefault((batch.Epoch, batch.Index), -1) + 1;
        _attempts[(batch.Epoch, batch.Index)] = attempt;
        return new StepId(batch.Epoch, batch.Index, attempt);
    }

    private async Task<Verdict> AskStepAsync(
        StepId step, VirtualBatch batch, Headroom headroom, bool agree, MaskedSum sum, MaskedSum figures, Agreements said, CancellationToken cancellationToken)
    {
        Dictionary<int, int> rows = batch.Plan.Visits.ToDictionary(v => v.NodeId, v => v.Rows);
        int[] all = [.. rows.Keys.Order()];
        int[] present = nodes.Present;
        if (all.FirstOrDefault(n => !present.Contains(n)) is > 0 and var absent)
        {
            // A sum without one of its nodes is none.
            throw new NodeLostException(absent, "it is not connected");
        }

        var request = new BlindStep(step, Array.ConvertAll(all, n => (long)n), headroom.Bits, Which(_pending), agree && _pending is not null);
        using EncodedTensor? words = _pending is { } pending ? Encode(pending.Words) : null;
        ReadOnlyMemory<EncodedTensor> tensors = words is null ? default : new[] { words };
        clock.Lap(StepPart.Codec);
        Verdict verdict = await nodes.AskFollowersAsync(
            present,
            node => rows.ContainsKey(node) ? step with { Attempt = 0 } : null,
            async (node, link, token) =>
            {
                long begun = clock.Now;
                bool has = rows.TryGetValue(node, out int own);
                byte[] part = has ? Lend() : [];
                byte[] figure = new byte[2 * sizeof(long)];
                BlindSum reply = await AskPartAsync(
                    link,
                    request,
                    tensors,
                    has
                        ? [new ExpectedTensor(TensorNames.Sum, format.Integers, _shape, part), new ExpectedTensor(TensorNames.Figures, ElementType.Int64, [2], figure)]
                        : [],
                    headroom,
                    token);
                if (reply.Step != step)
                {
                    throw new Transport.ConnectionLostException($"node {node} answered {step} with {reply.Step}");
                }

                said.Add(node, reply.Agreement);
                if (has)
                {
                    clock.Visited(new NodeWork(node, WorkKind.Forward, own, begun, reply.ComputeMicroseconds));
                    long start = clock.Now;
                    sum.Add(part);
                    figures.Add(figure);
                    clock.Sum(clock.Now - start);
                    GiveBack(part);
                }
            },
            cancellationToken);
        clock.LapVisits();
        return verdict;
    }

    private static async Task<BlindSum> AskPartAsync(
        NodeLink link, BlindStep request, ReadOnlyMemory<EncodedTensor> tensors, ExpectedTensor[] expected, Headroom headroom, CancellationToken cancellationToken)
    {
        try
        {
            return await link.RequestAsync<BlindStep, BlindSum>(request, tensors, expected, cancellationToken);
        }
        catch (TaskFailedException e) when (string.Equals(e.Code, TaskFailureCodes.Range, StringComparison.Ordinal))
        {
            headroom.Refused(e);
            throw;
        }
    }

    private byte[] Lend()
    {
        lock (_lock)
        {
            return _room.TryPop(out byte[]? used) ? used : new byte[Length];
        }
    }

    private void GiveBack(byte[] part)
    {
        lock (_lock)
        {
            _room.Push(part);
        }
    }

    private async Task HandleAsync(Verdict verdict, CancellationToken cancellationToken)
    {
        if (verdict == Verdict.Coarse && _pending is { } coarse)
        {
            _pending = null;
            _pending = await RepeatAsync(coarse.Batch, cancellationToken);
        }
        else if (verdict == Verdict.NoState)
        {
            await RecoverAsync(cancellationToken);
        }
    }

    /// <summary>A step done again whose sum was too coarse; where lost nodes are skipped, with those that are left.</summary>
    /// <returns><see langword="null"/> if too few are left.</returns>
    private async Task<StepSum?> RepeatAsync(VirtualBatch batch, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            RequireFewer(attempt);
            HashSet<int> absent = [.. batch.Plan.Visits.Select(v => v.NodeId).Except(nodes.Present)];
            VirtualBatch left = absent.Count == 0 ? batch : batch.Without(absent);
            if (left.Plan.Visits.Count < MinNodes)
            {
                log.BatchOfTooFewNodes(StepId.InWords(batch.Epoch, batch.Index), left.Plan.Visits.Count, MinNodes);
                return null;
            }

            try
            {
                return await SumAsync(left, agree: false, cancellationToken);
            }
            catch (NodeLostException) when (nodes.SkipsLost)
            {
                // The next attempt is without it.
            }
        }
    }

    /// <summary>Outside a step nobody decides who takes part: where lost nodes are skipped, those that are left do.</summary>
    private async Task<Verdict> LeftAsync(Task<Verdict> asked)
    {
        try
        {
            return await asked;
        }
        catch (NodeLostException) when (nodes.SkipsLost)
        {
            return Verdict.Lost;
        }
    }

    /// <summary>
    /// Gives the nodes that have lost it the state of training, from one that has it, under keys that all agree on anew.
    /// </summary>
    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        VirtualBatch? again = null;
        for (int attempt = 0; ; attempt++)
        {
            RequireFewer(attempt);
            (bool recovered, StepSum? coarse) = await TryRecoverAsync(cancellationToken);
            again ??= coarse?.Batch;
            if (recovered)
            {
                break;
            }
        }

        if (again is not null)
        {
            _pending = await RepeatAsync(again, cancellationToken);
        }
    }

    /// <summary>One attempt of it.</summary>
    /// <returns>Whether all have the state now, and the sum that turned out to be too coarse on the way.</returns>
    private async Task<(bool Recovered, StepSum? Coarse)> TryRecoverAsync(CancellationToken cancellationToken)
    {
        int[] present = await nodes.PresentAsync(cancellationToken);
        BlindReady[] ready;
        try
        {
            ready = await nodes.ReadyAsync(present, cancellationToken);
        }
        catch (NodeLostException) when (nodes.SkipsLost)
        {
            return (false, null);
        }

        int[] holders = [.. present.Where((_, i) => ready[i].KeyEpoch == _keyEpoch && (ready[i].Applied == _applied || ready[i].Applied == _pending?.Step))];
        StepSum? again = await ApplyPendingAsync(holders, cancellationToken);
        byte[]? state = null;
        foreach (int holder in holders)
        {
            state = await SealAsync(holder, cancellationToken);
            if (state is not null)
            {
                break;
            }
        }

        if (state is null)
        {
            throw new UserErrorException(ExitCode.NodeLost, "no node has the model of this run any more: all of them were started anew");
        }

        await AgreeOnKeysAsync(cancellationToken);
        int[] restored = await nodes.PresentAsync(cancellationToken);
        int[] behind = [.. restored.Except(holders)];
        if (await UnsealAsync(behind, _applied, state, cancellationToken) != Verdict.Done)
        {
            return (false, again);
        }

        nodes.Restored(restored);
        log.BlindNodesRestored(behind);
        return (true, again);
    }

    /// <summary>Has the nodes that have the state add the last sum: its mask is of the key epoch that ends.</summary>
    /// <returns>The sum, if it turned out to be too coarse, and its step is to be done again.</returns>
    private async Task<StepSum?> ApplyPendingAsync(int[] holders, CancellationToken cancellationToken)
    {
        if (_pending is not { } sum)
        {
            return null;
        }

        Verdict verdict = await LeftAsync(nodes.AskAsync(
            holders,
            async (_, link, token) =>
            {
                using EncodedTensor words = Encode(sum.Words);
                await link.RequestAsync<BlindApply, BlindApplied>(new BlindApply(Which(sum)), new[] { words }, [], token);
            },
            cancellationToken));
        if (verdict == Verdict.Coarse)
        {
            _pending = null;
            return sum;
        }

        if (verdict == Verdict.Done)
        {
            Applied();
        }

        return null;
    }

    /// <summary>A node's sealed state; <see langword="null"/> if it does not have that.</summary>
    private async Task<byte[]?> SealAsync(int node, CancellationToken cancellationToken)
    {
        var blob = new ReceivedBlob(Array.MaxLength);
        Verdict verdict = await LeftAsync(nodes.AskAsync(
            [node],
            async (_, link, token) => await link.RequestAsync<SealQuery, SealedState>(new SealQuery(_applied), default, [ExpectedTensor.OfBytes(blob)], token),
            cancellationToken));
        return verdict == Verdict.Done ? blob.Bytes : null;
    }

    private Task<Verdict> UnsealAsync(int[] behind, StepId step, byte[] state, CancellationToken cancellationToken) => LeftAsync(nodes.AskAsync(
        behind,
        async (_, link, token) =>
        {
            using var blob = EncodedTensor.OfBytes(state);
            await link.RequestAsync<Unseal, BlindReady>(new Unseal(step), new[] { blob }, [], token);
        },
        cancellationToken));

    /// <summary>A key epoch: every node offers a fresh key, and one gives the others the run's key.</summary>
    private async Task AgreeOnKeysAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            RequireFewer(attempt);
            if (await TryAgreeAsync(cancellationToken) is { } agreed)
            {
                (_keyEpoch, _groupKey, KeysAreSigned) = (agreed.KeyEpoch, agreed.GroupKey, agreed.IsSigned);
                foreach ((int node, string consent) in agreed.Consents)
                {
                    _consents[node] = consent;
                }

                log.KeysAgreed(_keyEpoch, KeysAreSigned);
                return;
            }
        }
    }

    private async Task<KeyAgreement?> TryAgreeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await KeyAgreement.TryAsync(nodes, run, _groupKey, cancellationToken);
        }
        catch (NodeLostException) when (nodes.SkipsLost)
        {
            return null;
        }
    }
}
