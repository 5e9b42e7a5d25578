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

/// <summary>
/// The parts that training methods are built from: the run's options and model, and the runners of tasks on its nodes.
/// Dispose after the connections have closed.
/// </summary>
internal sealed class MethodParts : IDisposable
{
    private readonly ConnectionManager _connections;
    private readonly TrainingSetup _setup;
    private readonly List<IDisposable> _owned = [];
    private BatchBuffers? _buffers;
    private TraversalGradient? _gradients;

    /// <summary>Builds the parts of a run.</summary>
    /// <param name="context">The run.</param>
    /// <param name="model">θ; owned by the session.</param>
    /// <param name="connections">To the nodes; owned by the session.</param>
    /// <param name="encoding">Encoding of outgoing tensors.</param>
    /// <param name="log">The run's log.</param>
    public MethodParts(RunContext context, ModelManager model, ConnectionManager connections, TensorEncodingOptions encoding, OrchestratorLog log)
    {
        (_connections, _setup) = (connections, context.Setup);
        (Options, Model, Encoding, Events, Log) = (context.Options, model, encoding, context.Events, log);
        SchedulerOptions = SchedulerOptions.Of(Options, Exactness.NeedsWholeBatch(_setup) ? 0 : Options.MicroBatchRows);
        Tasks = new NodeTaskRunner(connections, SchedulerOptions, log);
        LocalRounds = Own(new LocalRounds(Tasks, _setup, SchedulerOptions, FlatBuffers.Count(model.Parameters)));
        Validations = new ValidationRounds(Tasks, _setup, SchedulerOptions, encoding);
    }

    /// <summary>The run's options.</summary>
    public RunOptions Options { get; }

    public ModelManager Model { get; }

    /// <summary>Encoding of outgoing tensors.</summary>
    public TensorEncodingOptions Encoding { get; }

    /// <summary>Publishes a method's events within a round.</summary>
    public RunEvents Events { get; }

    public OrchestratorLog Log { get; }

    /// <summary>How nodes are scheduled.</summary>
    public SchedulerOptions SchedulerOptions { get; }

    /// <summary>Runs tasks of any kind on nodes.</summary>
    public NodeTaskRunner Tasks { get; }

    /// <summary>Runs local training on nodes.</summary>
    public LocalRounds LocalRounds { get; }

    /// <summary>Runs validation on the nodes' held-out samples.</summary>
    public ValidationRounds Validations { get; }

    /// <summary>The gradients of the run's virtual batches.</summary>
    public TraversalGradient Gradients => GradientsOf(Options.BatchSize);

    /// <summary>Number of first-layer gradient buffers ever allocated.</summary>
    public int GradientBuffers => _buffers?.Gradients.Count ?? 0;

    /// <summary>The gradients of virtual batches. Their buffers are allocated on first use.</summary>
    /// <param name="rows">The largest batch; the same in every call of a run.</param>
    public TraversalGradient GradientsOf(int rows)
    {
        if (_gradients is null)
        {
            _buffers = Own(new BatchBuffers(_setup, rows));
            var scheduler = new TraversalScheduler(Tasks, _setup, SchedulerOptions);
            var exchange = VisitExchange.Of(_setup, Options.AllowNonFinite, Encoding, Log);
            _gradients = new TraversalGradient(Model, scheduler, exchange, _buffers, Encoding, NewAttendance(), BatchSizes.Of(Options), Log);
        }

        return _gradients;
    }

    /// <summary>The nodes present in a batch when lost nodes are skipped; <see langword="null"/> if a lost node ends the step.</summary>
    public Attendance? NewAttendance() => Options.OnNodeLoss == OnNodeLoss.Skip ? new Attendance(_connections, SchedulerOptions, Log) : null;

    /// <summary>The checkpoint that the run goes on from; <see langword="null"/> for a new run.</summary>
    public string? ResumedFrom { get; init; }

    /// <summary>Takes ownership of a method's own state and buffers.</summary>
    public T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }

    /// <inheritdoc/>
    public void Dispose() => _owned.ForEach(part => part.Dispose());
}
