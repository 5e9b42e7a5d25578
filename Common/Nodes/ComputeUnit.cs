using TorchSharp.Modules;
using TraversalLearning.Data;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// What a process computes with in one session: one model, one θ, one copy of the samples, for one node or for all that the process hosts.
/// Who computes holds it: one task at a time.
/// <para>
/// All nodes of a session get the same θ for the same step, yet each over its own connection, and what one connection says is not taken for
/// what another will: a shared unit has θ received beside the one in use, and takes it over where it differs. A forward pass that was done
/// under another θ than the one in use counts as gone.
/// </para>
/// </summary>
internal sealed class ComputeUnit : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly ParameterSlice[] _firstSlices;
    private readonly ScalarType _type;
    private readonly bool _shared;
    private readonly SemaphoreSlim _free = new(1, 1);
    private readonly Lock _lock = new();

    // As many as nodes have a θ or a gradient under way at once, which is what the orchestrator visits at once. The last one that was given
    // back comes first: it is the one in the processor's caches.
    private readonly Stack<byte[]> _landings = [];
    private readonly Stack<ParameterGradient> _gradients = [];
    private readonly Stack<TurnModel> _turnModels = [];
    private long _generation;
    private LocalTrainer? _trainer;

    /// <summary>Builds the model and converts the samples.</summary>
    /// <param name="setup">What the orchestrator says.</param>
    /// <param name="samples">The samples of all nodes, as they were read.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="shared">Whether several nodes use it. One alone has θ received in place.</param>
    /// <param name="maxModelBytes">The most memory that the model may take; more is refused before any is taken.</param>
    /// <exception cref="ModelException">The model does not fit the samples or the memory.</exception>
    public ComputeUnit(TrainingSetup setup, SampleSet samples, Device device, bool shared, long maxModelBytes)
    {
        Memory = new ModelMemory(setup, maxModelBytes);
        Memory.Require(rows: 1);
        samples = PreparedSamples.Of(samples, setup.Preparation);
        SampleFit.Require(setup.Model, samples, setup.Loss);
        Setup = setup;
        Device = device;
        _shared = shared;
        _type = setup.ElementType.ToScalarType();
        Model = new LayeredModel(setup.Model, setup.Cut, setup.NodeLayerCount);
        _parameters = new FlatParameters(Model, _type, device, gradientCount: 0);
        BufferCount = FlatBuffers.Count(_parameters);
        _firstSlices = [.. _parameters.Layout.TakeWhile(s => s.Offset + s.Count <= setup.FirstParameterCount)];
        FirstParameters = [.. Model.parameters().Take(_firstSlices.Length)];
        Samples = new SampleTensors(samples, setup.Model.InputShape, setup.Normalisation, _type, device);
    }

    public TrainingSetup Setup { get; }

    public Device Device { get; }

    /// <summary>Says whether so many rows fit.</summary>
    public ModelMemory Memory { get; }

    public LayeredModel Model { get; }

    /// <summary>Those of <c>θ_N</c>.</summary>
    public Parameter[] FirstParameters { get; }

    public SampleTensors Samples { get; }

    /// <summary>Elements of what a node gets of θ.</summary>
    public long ParameterCount => _parameters.Count;

    /// <summary>What a node gets of θ: <c>[P]</c> on the device. Only within one's turn.</summary>
    public Tensor Parameters => _parameters.Values;

    /// <summary>Elements of the model's buffers.</summary>
    public long BufferCount { get; }

    /// <summary>Trains a copy of the model; built when it is asked for first. Only within one's turn.</summary>
    public LocalTrainer Trainer => _trainer ??= new LocalTrainer(Setup, Device);

    /// <summary>Grows when θ changes.</summary>
    public long Generation => Interlocked.Read(ref _generation);

    /// <summary>Waits until nobody computes. Disposing what this gives lets the next one in.</summary>
    public async ValueTask<Turn> EnterAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        return new Turn(_free);
    }

    /// <summary>Memory for the bytes of a θ that is about to come.</summary>
    /// <param name="landing">To be given to <see cref="TakeOver"/> or <see cref="GiveBack(byte[])"/>; <see langword="null"/> if θ comes in place.</param>
    public Memory<byte> Land(out byte[]? landing)
    {
        if (!_shared)
        {
            landing = null;
            Interlocked.Increment(ref _generation);
            return _parameters.ValueBytes;
        }

        lock (_lock)
        {
            landing = _landings.TryPop(out byte[]? used) ? used : GC.AllocateUninitializedArray<byte>(_parameters.ValueBytes.Length);
        }

        return landing;
    }

    /// <summary>Makes a θ that has come the one in use. Only within one's turn.</summary>
    public void TakeOver(byte[]? landing)
    {
        Span<byte> values = _parameters.ValueBytes.Span;
        if (landing is null)
        {
            _parameters.ValuesFromHost();
            return;
        }

        if (!values.SequenceEqual(landing))
        {
            Interlocked.Increment(ref _generation);
            landing.CopyTo(values);
            _parameters.ValuesFromHost();
        }

        GiveBack(landing);
    }

    /// <summary>Nobody writes to this memory any more.</summary>
    public void GiveBack(byte[] landing)
    {
        lock (_lock)
        {
            _landings.Push(landing);
        }
    }

    /// <summary>Memory for the gradient of a backward pass.</summary>
    public ParameterGradient NewGradient()
    {
        lock (_lock)
        {
            return _gradients.TryPop(out ParameterGradient? used) ? used : new ParameterGradient(_firstSlices, _type, GiveBack);
        }
    }

    /// <summary>A model of the layers that a node has, for a turn of split learning: its values are those of the turn before.</summary>
    public TurnModel NewTurnModel()
    {
        lock (_lock)
        {
            return _turnModels.TryPop(out TurnModel? used) ? used : new TurnModel(Setup, Device);
        }
    }

    /// <summary>The turn is over.</summary>
    public void GiveBack(TurnModel model)
    {
        lock (_lock)
        {
            _turnModels.Push(model);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ParameterGradient gradient in _gradients)
        {
            gradient.Free();
        }

        foreach (TurnModel model in _turnModels)
        {
            model.Dispose();
        }

        _trainer?.Dispose();
        Samples.Dispose();
        _parameters.Dispose();
        Model.Dispose();
        _free.Dispose();
    }

    private void GiveBack(ParameterGradient gradient)
    {
        lock (_lock)
        {
            _gradients.Push(gradient);
        }
    }

    /// <summary>The right to compute.</summary>
    internal readonly struct Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
