using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Sessions;

/// <summary>What methods are made of: the run's options and model, and what asks its nodes. Disposed once the connections have ended.</summary>
internal sealed class MethodParts : IDisposable
{
    private readonly ConnectionManager _connections;
    private readonly TrainingSetup _setup;
    private readonly List<IDisposable> _owned = [];
    private BatchBuffers? _buffers;
    private TraversalGradient? _gradients;

    /// <summary>Those of a run.</summary>
    /// <param name="context">The run.</param>
    /// <param name="model">θ; the session's.</param>
    /// <param name="connections">To the nodes; the session's.</param>
    /// <param name="encoding">How what is sent is encoded.</param>
    /// <param name="log">Told of what happens.</param>
    public MethodParts(RunContext context, ModelManager model, ConnectionManager connections, TensorEncodingOptions encoding, OrchestratorLog log)
    {
        (_connections, _setup) = (connections, context.Setup);
        (Options, Model, Encoding, Events, Log) = (context.Options, model, encoding, context.Events, log);
        SchedulerOptions = SchedulerOptions.Of(Options, Exactness.NeedsWholeBatch(_setup) ? 0 : Options.MicroBatchRows);
        Tasks = new NodeTaskRunner(connections, SchedulerOptions, log);
        LocalRounds = Own(new LocalRounds(Tasks, _setup, SchedulerOptions, FlatBuffers.Count(model.Parameters)));
        Validations = new ValidationRounds(Tasks, _setup, SchedulerOptions, encoding);
    }

    /// <summary>What the run was told.</summary>
    public RunOptions Options { get; }

    public ModelManager Model { get; }

    /// <summary>How what is sent is encoded.</summary>
    public TensorEncodingOptions Encoding { get; }

    /// <summary>For methods to say what they have done within a round.</summary>
    public RunEvents Events { get; }

    /// <summary>Told of what happens.</summary>
    public OrchestratorLog Log { get; }

    /// <summary>How nodes are asked.</summary>
    public SchedulerOptions SchedulerOptions { get; }

    /// <summary>Runs tasks of any kind on nodes.</summary>
    public NodeTaskRunner Tasks { get; }

    /// <summary>Has nodes train on their own samples.</summary>
    public LocalRounds LocalRounds { get; }

    /// <summary>Has nodes validate on the samples that they keep out.</summary>
    public ValidationRounds Validations { get; }

    /// <summary>The gradients of the run's virtual batches.</summary>
    public TraversalGradient Gradients => GradientsOf(Options.BatchSize);

    /// <summary>How many first-layer gradients there was ever room for.</summary>
    public int GradientBuffers => _buffers?.Gradients.Count ?? 0;

    /// <summary>The gradients of virtual batches. Their buffers are there from the first time that it is asked for.</summary>
    /// <param name="rows">The most that a batch has; a run has one such number.</param>
    public TraversalGradient GradientsOf(int rows)
    {
        if (_gradients is null)
        {
            _buffers = Own(new BatchBuffers(_setup, rows));
            Attendance? attendance = Options.OnNodeLoss == OnNodeLoss.Skip ? new Attendance(_connections, SchedulerOptions, Log) : null;
            var scheduler = new TraversalScheduler(Tasks, _setup, SchedulerOptions);
            var exchange = VisitExchange.Of(_setup, Options.AllowNonFinite, Encoding, Log);
            _gradients = new TraversalGradient(Model, scheduler, exchange, _buffers, Encoding, attendance, BatchSizes.Of(Options), Log);
        }

        return _gradients;
    }

    /// <summary>Takes over what a method holds beside the model, and what it receives into.</summary>
    public T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(part => part.Dispose());
}
