using System.Globalization;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;

namespace TraversalLearning.Nodes;

/// <summary>
/// What a model takes of a node's memory, as its description tells before any is taken: a valid one may be larger than the machine, which would
/// not say no but end the process.
/// </summary>
public sealed class ModelMemory
{
    // θ as it is made, as it is used, and its gradient.
    private const int ParameterCopies = 3;

    // A copy of θ that is trained, its gradient, two that an optimizer keeps, and what goes out.
    private const int TrainingCopies = ParameterCopies + 5;

    // What every layer gives, and the gradient at it.
    private const int ActivationCopies = 2;

    private readonly string _model;
    private readonly Int128 _parameters;
    private readonly Int128 _training;
    private readonly Int128 _row;
    private readonly long _limit;

    /// <summary>The memory of a model.</summary>
    /// <param name="setup">The model and its element type.</param>
    /// <param name="limit">The most that it may take, in bytes.</param>
    public ModelMemory(TrainingSetup setup, long limit)
    {
        int size = setup.ElementType.Size();
        _model = setup.Model.Name;
        _parameters = (Int128)setup.NodeParameterCount * ParameterCopies * size;
        _training = (Int128)setup.NodeParameterCount * TrainingCopies * size;
        _row = (Int128)setup.Model.ActivationsBefore(setup.NodeLayerCount) * ActivationCopies * size;
        _limit = limit;
    }

    /// <summary>The limit where none is given: half of what the machine, or the container, has.</summary>
    public static long DefaultLimit => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>Whether a visit of so many rows fits.</summary>
    public bool Fits(int rows) => Bytes(rows) <= _limit;

    /// <summary>Refuses a visit of so many rows that it would not fit.</summary>
    /// <exception cref="ModelException">It is too large; says what to do.</exception>
    public void Require(int rows) => Require(rows, Bytes(rows));

    /// <summary>Refuses to train on so many rows at a time that it would not fit.</summary>
    /// <param name="rows">Of a batch.</param>
    /// <param name="models">Further models that lie beside it.</param>
    /// <exception cref="ModelException">As with <see cref="Require(int)"/>.</exception>
    public void RequireTraining(int rows, int models = 0) => Require(rows, TrainingBytes(rows, models));

    /// <summary>Whether <see cref="RequireTraining"/> lets it pass.</summary>
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
