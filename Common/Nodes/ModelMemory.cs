using System.Globalization;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;

namespace TraversalLearning.Nodes;

/// <summary>
/// Estimates a model's memory use from its description before anything is allocated. A valid model may be too large for the
/// machine, and running out of memory would kill the process instead of failing the request.
/// </summary>
public sealed class ModelMemory
{
    // θ as created, θ in use, and the gradient.
    private const int ParameterCopies = 3;

    // The trained copy of θ, its gradient, two tensors of optimizer state, and the result being sent.
    private const int TrainingCopies = ParameterCopies + 5;

    // Each layer's output and the gradient at it.
    private const int ActivationCopies = 2;

    private readonly string _model;
    private readonly Int128 _parameters;
    private readonly Int128 _training;
    private readonly Int128 _row;
    private readonly long _limit;

    /// <summary>The memory of a model.</summary>
    /// <param name="setup">The model and its element type.</param>
    /// <param name="limit">Memory limit in bytes.</param>
    public ModelMemory(TrainingSetup setup, long limit)
    {
        int size = setup.ElementType.Size();
        _model = setup.Model.Name;
        _parameters = (Int128)setup.NodeParameterCount * ParameterCopies * size;
        _training = (Int128)setup.NodeParameterCount * TrainingCopies * size;
        _row = (Int128)setup.Model.ActivationsBefore(setup.NodeLayerCount) * ActivationCopies * size;
        _limit = limit;
    }

    /// <summary>Default limit: half the memory of the machine or container.</summary>
    public static long DefaultLimit => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>Whether a visit of this many rows fits.</summary>
    public bool Fits(int rows) => Bytes(rows) <= _limit;

    /// <summary>Throws if a visit of this many rows does not fit.</summary>
    /// <exception cref="ModelException">The limit is exceeded; the message suggests a remedy.</exception>
    public void Require(int rows) => Require(rows, Bytes(rows));

    /// <summary>Throws if training on batches of this many rows does not fit.</summary>
    /// <param name="rows">Rows of a batch.</param>
    /// <param name="models">Number of further models in memory.</param>
    /// <exception cref="ModelException">The limit is exceeded; the message suggests a remedy.</exception>
    public void RequireTraining(int rows, int models = 0) => Require(rows, TrainingBytes(rows, models));

    /// <summary>Whether <see cref="RequireTraining"/> would succeed.</summary>
    public bool FitsTraining(int rows, int models) => TrainingBytes(rows, models) <= _limit;

    private Int128 TrainingBytes(int rows, int models) => _training + (_row * rows) + (_parameters / ParameterCopies * models);

    private void Require(int rows, Int128 bytes)
    {
        if (bytes > _limit)
        {
            throw new ModelException(string.Create(
                CultureInfo.InvariantCulture,
                $"the model '{_model}' takes {(double)bytes / 1e9:0.0##} GB with {rows} of this node's samples at a time, and may take {_limit / 1e9:0.0##};"
                + $" allow more with --max_model_gb, or use a smaller model or --batch_size"));
        }
    }

    private Int128 Bytes(int rows) => _parameters + (_row * rows);
}
