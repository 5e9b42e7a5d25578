using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.SecureAggregation;

namespace TraversalLearning.Nodes.Blind;

/// <summary>
/// A node's part in the blind exchange. It plans the run itself, trains its own θ, and returns nothing but masked integers.
/// Not thread-safe: one task at a time, while holding the compute unit.
/// </summary>
internal sealed class BlindMember : IDisposable
{
    private readonly ComputeUnit _unit;
    private readonly OwnSamples _own;
    private readonly BlindSettings _settings;
    private readonly MaskedOnce<StepRequest, StepReply> _steps = new();
    private readonly MaskedOnce<string, long[]> _evaluations = new();
    private BlindRun? _run;
    private BlindKeys? _keys;
    private SampleTensors? _test;
    private bool _testRead;

    /// <summary>Creates the member.</summary>
    /// <param name="unit">The compute unit.</param>
    /// <param name="own">The node's samples.</param>
    /// <param name="settings">What the node keeps and agrees to.</param>
    public BlindMember(ComputeUnit unit, OwnSamples own, BlindSettings settings)
    {
        _unit = unit;
        _own = own;
        _settings = settings;
    }

    /// <summary>The node's θ; <see langword="null"/> before a run begins.</summary>
    public BlindReplica? Replica => _run?.Replica;

    /// <summary>Whether every node's key is signed by its certificate.</summary>
    public bool KeysAreSigned => _keys is { IsSigned: true };

    /// <summary>Shape of a sum on the wire; <see langword="null"/> before a run begins.</summary>
    public long[]? SumShape => _run is { } run ? [run.Vector.Words] : null;

    /// <summary>The integers of sums; <see langword="null"/> before a run begins.</summary>
    public SumFormat? Format => _run?.Format;

    /// <summary>Begins a run, or goes on with it if the node is in it already.</summary>
    /// <param name="terms">The run's terms.</param>
    /// <param name="counts">Sample counts of nodes 1 to N.</param>
    /// <param name="parameters">θ at the start of the run.</param>
    /// <exception cref="ModelException">The terms are not acceptable.</exception>
    public BlindReady Start(string terms, int[] counts, ReadOnlySpan<byte> parameters)
    {
        if (_run is null || !_run.Is(terms, counts))
        {
            _run?.Dispose();
            _run = null;
            ForgetKeys();
            _run = BlindRun.Create(_unit, _own, _settings, terms, counts, parameters);
        }

        ReadTest();
        return Ready();
    }

    /// <summary>Begins a key epoch. Until its keys are agreed on, the offer remains the same.</summary>
    /// <returns>The node's offer, and the id of the run's key if it has that.</returns>
    public (byte[] Offer, string GroupKey) Offer()
    {
        BlindRun run = Run();
        if (_keys is null or { IsComplete: true })
        {
            ForgetKeys();
            _keys = new BlindKeys(_own.NodeId, run.Terms.Run, _settings);
        }

        return (_keys.Offer.ToBytes(), GroupKeyId());
    }

    /// <summary>Ends a key epoch's agreement.</summary>
    /// <param name="maker">The node that wraps the run's key.</param>
    /// <param name="roster">All offers.</param>
    /// <param name="share">The run's key, wrapped for this node; <see langword="null"/> for the maker.</param>
    /// <returns>The reply, and from the maker the run's key, wrapped for each other node.</returns>
    /// <exception cref="KeyExchangeException">An offer or the share is not authentic.</exception>
    public (KeyAgreed Reply, byte[]? Shares) Agree(int maker, ReadOnlySpan<byte> roster, byte[]? share)
    {
        BlindKeys keys = _keys ?? throw new TaskRefusedException(TaskFailureCodes.NoState, "no key epoch has begun");
        byte[]? shares = keys.Agree(maker, roster, share, _run!.NodeCount);
        string consent = _settings.Policy.Current.AllowsReveal ? keys.ConsentOf(_own.NodeId) : string.Empty;
        return (new KeyAgreed(keys.Id, GroupKeyId(), consent), shares);
    }

    /// <summary>Adds the sum of a step to θ, unless it has been added already.</summary>
    /// <param name="which">Which sum.</param>
    /// <param name="sum">The sum, under the run's mask; overwritten.</param>
    /// <returns>As of <see cref="BlindRun.Apply"/>.</returns>
    /// <exception cref="TaskRefusedException">The sum has too few bits, or this node lacks an earlier one.</exception>
    public string[] Apply(AppliedSum which, Span<byte> sum) => Run().Apply(which, sum, Keys());

    /// <summary>A keyed hash of θ, which tells whether nodes have the same and nothing else.</summary>
    public string Agreement() => Run().Agreement(Keys());

    /// <summary>The node's masked part of a step.</summary>
    /// <exception cref="TaskRefusedException">A value does not fit, or the step is not the plan's next.</exception>
    public StepReply Step(BlindStep request)
    {
        BlindRun run = Run();
        BlindKeys keys = Keys();
        VirtualBatch batch = run.BatchOf(request.Step);
        int[] participants = run.Participants(batch, request.Participants);
        keys.RequireMembers(participants);
        run.Asked(request.Step, participants);
        if (!participants.Contains(_own.NodeId))
        {
            return StepReply.Idle;
        }

        return _steps.Of(
            request.Step,
            new StepRequest(string.Join(',', participants), string.Join(',', request.Headroom)),
            () => run.MaskedPart(request.Step, batch, participants, request.Headroom, keys));
    }

    /// <summary>Rows of an evaluation, of the test samples or of those held out.</summary>
    public int RowsOf(StepId evaluation) => evaluation.Batch == 0 ? _test?.Count ?? 0 : Run().HeldOut.Length;

    /// <summary>The node's masked part of an evaluation.</summary>
    public long[] Evaluate(BlindEvaluation request, CancellationToken cancellationToken)
    {
        BlindRun run = Run();
        BlindKeys keys = Keys();
        int[] participants = run.EvaluationParticipants(request);
        keys.RequireMembers(participants);
        return _evaluations.Of(
            request.Evaluation,
            string.Join(',', participants),
            () =>
            {
                bool test = request.Evaluation.Batch == 0;
                int[] rows = test ? [.. Enumerable.Range(0, _test?.Count ?? 0)] : run.HeldOut;
                long[] figures = EvaluationFigures.Of(
                    run.Replica.Model, _unit.Setup.Loss, test ? _test ?? _unit.Samples : _unit.Samples, rows, test ? 0 : _own.First, request.BatchRows, run.NodeCount, cancellationToken);
                keys.Mask(request.Evaluation, MaskUse.Evaluation, participants, run.Terms.MaskNeighbours, figures);
                return figures;
            });
    }

    /// <summary>The state of training under the run's key.</summary>
    public byte[] Seal(StepId step)
    {
        BlindRun run = Run();
        run.RequireAt(step);
        return Keys().Seal(TrainingState.Write(run.Replica, run.Applied));
    }

    /// <summary>Takes over a sealed state of training.</summary>
    /// <exception cref="KeyExchangeException">The state was not sealed under this run's key.</exception>
    /// <exception cref="ModelException">The state belongs to another model.</exception>
    public BlindReady Unseal(StepId step, ReadOnlySpan<byte> state)
    {
        // Which masks have been used is not forgotten: the key epoch goes on, and the next value under one would be another.
        Run().Restore(Keys().Open(state), step);
        return Ready();
    }

    /// <summary>Writes the model to the state folder.</summary>
    /// <param name="step">The last step.</param>
    /// <param name="consents">The consents of all nodes; <see langword="null"/> if the model is not wanted.</param>
    /// <returns>The model's path, if it was written, and its SHA-256.</returns>
    /// <exception cref="TaskRefusedException">The model is wanted, and a node has not consented.</exception>
    public (string? Path, string Sha256) Finish(StepId step, ReadOnlySpan<byte> consents)
    {
        BlindRun run = Run();
        run.RequireAt(step);
        if (!consents.IsEmpty)
        {
            Keys().RequireConsents(consents, run.NodeCount, _settings.Policy.Current.AllowsReveal);
        }

        return (run.WriteModel(_settings.StateFolder), run.Replica.Parameters.Sha256());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetKeys();
        _run?.Dispose();
        _test?.Dispose();
    }

    private BlindRun Run() => _run ?? throw new TaskRefusedException(TaskFailureCodes.NoState, "this node is in no blind run");

    private BlindKeys Keys() => _keys is { IsComplete: true } keys ? keys : throw new TaskRefusedException(TaskFailureCodes.NoState, "this node has no keys of this run");

    private string GroupKeyId() => _settings.Keys.Find(Run().Terms.Run)?.Id ?? string.Empty;

    private BlindReady Ready() => new(Run().Applied, _test?.Count ?? 0, _keys is { IsComplete: true } keys ? keys.Id : string.Empty, GroupKeyId());

    private void ForgetKeys()
    {
        _keys?.Dispose();
        _keys = null;
        _steps.Reset();
        _evaluations.Reset();
    }

    private void ReadTest()
    {
        if (_testRead)
        {
            return;
        }

        TrainingSetup setup = _unit.Setup;
        if (_settings.Test() is { Count: > 0 } samples)
        {
            SampleSet prepared = PreparedSamples.Of(samples, setup.Preparation);
            SampleFit.Require(setup.Model, prepared, setup.Loss);
            _test = new SampleTensors(prepared, setup.Model.InputShape, setup.Normalisation, setup.ElementType.ToScalarType(), _unit.Device);
        }

        _testRead = true;
    }
}
