using TorchSharp.Modules;
using TraversalLearning.Data;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// The compute resources of a session in one process: one model, one θ and one copy of the samples, shared by all nodes
/// that the process hosts. A task holds the unit exclusively while it computes.
/// <para>
/// All nodes of a session receive the same θ for the same step, but each over its own connection, and one connection's
/// bytes are never trusted on behalf of another. A shared unit therefore receives θ into a separate buffer and copies it
/// only if it differs. A forward pass under an earlier θ counts as lost.
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

    // One buffer per node that is receiving θ or sending a gradient, at most as many as the orchestrator visits at once.
    // The last one returned is reused first: it is still in the processor's caches.
    private readonly Stack<byte[]> _landings = [];
    private readonly Stack<ParameterGradient> _gradients = [];
    private readonly Stack<TurnModel> _turnModels = [];
    private long _generation;
    private LocalTrainer? _trainer;

    /// <summary>Builds the model and converts the samples.</summary>
    /// <param name="setup">The orchestrator's settings.</param>
    /// <param name="samples">The samples of all nodes, as read.</param>
    /// <param name="device">Device to compute on.</param>
    /// <param name="shared">Whether several nodes share the unit. A single node receives θ in place.</param>
    /// <param name="maxModelBytes">Memory limit for the model, checked before allocating.</param>
    /// <exception cref="ModelException">The model does not fit the samples or the memory limit.</exception>
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

    /// <summary>Memory use of the model, to check whether a number of rows fits.</summary>
    public ModelMemory Memory { get; }

    public LayeredModel Model { get; }

    /// <summary>The parameters of <c>θ_N</c>.</summary>
    public Parameter[] FirstParameters { get; }

    public SampleTensors Samples { get; }

    /// <summary>Number of elements of the node's part of θ.</summary>
    public long ParameterCount => _parameters.Count;

    /// <summary>The node's part of θ: <c>[P]</c> on the device. Use only while holding the unit.</summary>
    public Tensor Parameters => _parameters.Values;

    /// <summary>Number of elements of the model's buffers.</summary>
    public long BufferCount { get; }

    /// <summary>Trains a copy of the model; created on first use. Use only while holding the unit.</summary>
    public LocalTrainer Trainer => _trainer ??= new LocalTrainer(Setup, Device);

    /// <summary>Version of θ; increases whenever θ changes.</summary>
    public long Generation => Interlocked.Read(ref _generation);

    /// <summary>Waits for exclusive use of the unit; disposing the result releases it.</summary>
    public async ValueTask<Turn> EnterAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        return new Turn(_free);
    }

    /// <summary>Memory to receive θ into.</summary>
    /// <param name="landing">Pass to <see cref="TakeOver"/> or <see cref="GiveBack(byte[])"/>; <see langword="null"/> if θ is received in place.</param>
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

    /// <summary>Makes a received θ the current one. Use only while holding the unit.</summary>
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

    /// <summary>Returns a receive buffer to which nothing is written any more.</summary>
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

    /// <summary>A model of the node's layers for a turn of split learning. Its values are left over from the previous turn.</summary>
    public TurnModel NewTurnModel()
    {
        lock (_lock)
        {
            return _turnModels.TryPop(out TurnModel? used) ? used : new TurnModel(Setup, Device);
        }
    }

    /// <summary>Returns the model at the end of a turn.</summary>
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

    /// <summary>Exclusive use of the unit, released on dispose.</summary>
    internal readonly struct Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
