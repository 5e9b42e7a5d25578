using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Scoring;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>
/// The global model: θ, its gradient, the optimizer and its schedule. Synchronous; contains no await.
/// </summary>
internal sealed class ModelManager : IDisposable
{
    private readonly LayeredModel _model;
    private readonly Device _device;
    private readonly LearningRateSchedule _schedule;
    private readonly FlatUpdate _update;
    private readonly List<HostTensor> _activationGradients = [];

    /// <summary>Builds the model, initialised like PyTorch after <c>manual_seed(seed)</c>.</summary>
    public ModelManager(TrainingSetup setup, OptimizerSettings optimizer, ulong seed, Device device)
    {
        Setup = setup;
        _device = device;
        manual_seed(unchecked((long)seed));
        _model = new LayeredModel(setup.Model, setup.Cut);
        Parameters = new FlatParameters(_model, setup.ElementType.ToScalarType(), device, setup.Model.ParameterCount);
        Optimizer = optimizer.Create(Parameters);
        _update = new FlatUpdate(Optimizer, optimizer, Parameters);
        _schedule = optimizer.Schedule.Start(Optimizer);
    }

    public TrainingSetup Setup { get; }

    /// <summary>θ and ∇θ.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>The optimizer, with its learning rate and state.</summary>
    public optim.Optimizer Optimizer { get; }

    /// <summary>The learning rate of the next step.</summary>
    public double LearningRate => _schedule.LearningRate;

    /// <summary>The match of the given starting weights; <see langword="null"/> for PyTorch's initialisation.</summary>
    public StateDictMatch? Taken { get; private set; }

    /// <summary>Loads the given starting weights, if any.</summary>
    /// <exception cref="Hosting.UserErrorException">The weights do not fit the model.</exception>
    public void StartFrom(StartingWeights? weights) => Taken = weights?.ReadInto(Parameters, Setup.Model.Name);

    /// <summary>
    /// Encodes outgoing θ (θ_N with a relay), once for all nodes. Dispose before <see cref="Update"/>.
    /// </summary>
    public EncodedTensor EncodeParameters(TensorEncodingOptions encoding)
    {
        Parameters.ValuesToHost();
        long count = Setup.NodeParameterCount;
        return EncodedTensor.Encode(
            TensorNames.Parameters, Setup.ElementType, [count], Parameters.ValueBytes[..(int)(count * Setup.ElementType.Size())], encoding);
    }

    /// <summary>
    /// Central forward pass of a micro-batch (design section 2, step 5): recomputes <c>Z = f_O(A)</c>, with gradients
    /// on.
    /// </summary>
    /// <param name="buffers">Hold the rows of <c>A</c>.</param>
    /// <param name="part">The rows; those of a batch keep their order.</param>
    public CentralPass CentralForward(BatchBuffers buffers, MicroBatch part)
    {
        using (NewDisposeScope())
        {
            // With one phase no node waits for G, so the backward pass ends at θ_O. Layers without parameters have only
            // G to compute.
            bool passesBack = Setup.SendsActivationGradients || Parameters.Count == Setup.FirstParameterCount;
            Tensor activations = buffers.Activations.Tensor.narrow(0, part.RowStart, part.Rows).to(_device).detach().requires_grad_(passesBack);
            return new CentralPass(part, activations.DetachFromDisposeScope(), _model.ForwardRest(activations).DetachFromDisposeScope());
        }
    }

    /// <summary>
    /// Central backward pass of a micro-batch: <c>Z.backward(Λ / B)</c> accumulates <c>∇θ_O</c> over the micro-batches
    /// of the batch and gives <c>G = ∂L/∂A</c>, where nodes wait for it.
    /// </summary>
    /// <param name="pass">Its forward pass.</param>
    /// <param name="buffers">Hold the rows of <c>Λ</c>.</param>
    /// <param name="batchRows"><c>B</c>.</param>
    /// <returns><c>G</c>: <c>[rows, …]</c>, valid until the next batch; <see langword="null"/> with one
    /// phase.</returns>
    public HostTensor? CentralBackward(CentralPass pass, BatchBuffers buffers, int batchRows)
    {
        MicroBatch part = pass.Part;
        using (NewDisposeScope())
        {
            if (part.Index == 0)
            {
                DropActivationGradients();
                long first = Setup.FirstParameterCount;
                Parameters.Gradient.narrow(0, first, Parameters.Count - first).zero_();
            }

            pass.Logits.backward([buffers.LogitGradients.Tensor.narrow(0, part.RowStart, part.Rows).to(_device).div(batchRows)]);
            if (!Setup.SendsActivationGradients)
            {
                return null;
            }

            var activationGradients = HostTensor.Of(pass.Activations.grad!);
            _activationGradients.Add(activationGradients);
            return activationGradients;
        }
    }

    /// <summary>
    /// <c>∇θ_N</c>, a view of ∇θ: <c>[P_N]</c>. Not written by the central backward pass. The caller disposes it.
    /// </summary>
    public Tensor FirstLayerGradient() => Parameters.Gradient.narrow(0, 0, Setup.FirstParameterCount);

    /// <summary>
    /// The gradient as computed by one process that holds the whole batch: backward of the mean loss.
    /// </summary>
    public BatchOutcome PooledGradient(Tensor inputs, Tensor labels)
    {
        using (NewDisposeScope())
        {
            Parameters.Gradient.zero_();
            Tensor logits = _model.call(inputs);
            Tensor loss = Setup.Loss.Sum(logits, labels);
            int rows = (int)labels.shape[0];
            loss.div(rows).backward();
            return new BatchOutcome(loss.ToDouble(), Setup.Loss.Hits(logits.detach(), labels), rows);
        }
    }

    /// <summary>
    /// Properties of the training samples, once known; <see langword="null"/> for tables, whose preparation describes
    /// them.
    /// </summary>
    public SampleTraits? Samples { get; set; }

    /// <summary>The header of its model file.</summary>
    public ModelFileHeader Header => new(Setup.Model, Setup.ElementType, Setup.Normalisation, Setup.Preparation) { Loss = Setup.Loss, Samples = Samples };

    /// <summary>One optimizer step on θ.</summary>
    public void Update() => _update.Step();

    /// <summary>Advances the learning rate; called once per epoch.</summary>
    public void EndEpoch() => _schedule.EndEpoch();

    /// <summary>Evaluates the model on samples, in batches of <paramref name="batchSize"/> rows.</summary>
    public Evaluation Evaluate(SampleTensors samples, int batchSize, CancellationToken cancellationToken) =>
        Scores.Of(_model, Setup.Loss, samples, batchSize, Setup.Preparation, cancellationToken).Evaluate();

    /// <summary>Validates the model on some samples, summed in the same order as on a node.</summary>
    public RowValidation Validate(SampleTensors samples, ReadOnlySpan<int> rows, int batchRows, CancellationToken cancellationToken) =>
        RowValidation.Of(_model, Setup.Loss, samples, rows, first: 0, batchRows, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        DropActivationGradients();
        Optimizer.Dispose();
        Parameters.Dispose();
        _model.Dispose();
    }

    private void DropActivationGradients()
    {
        foreach (HostTensor gradients in _activationGradients)
        {
            ((IDisposable)gradients).Dispose();
        }

        _activationGradients.Clear();
    }
}
