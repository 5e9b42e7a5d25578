using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Models.Layers;

namespace TraversalLearning.Models;

/// <summary>Converts samples as read into samples for a model, for all users: nodes, test set, pooled data, <c>predict</c>.</summary>
public static class PreparedSamples
{
    /// <summary>Prepares rows of tables; other samples are returned unchanged.</summary>
    /// <param name="samples">The samples as read.</param>
    /// <param name="preparation">The model's preparation; <see langword="null"/> if it was not trained on tables.</param>
    /// <exception cref="ModelException">Only one of samples and model uses tables, or the table does not match the model's.</exception>
    public static SampleSet Of(SampleSet samples, Preparation? preparation)
    {
        try
        {
            return (preparation, samples.Table) switch
            {
                (null, null) => samples,
                (null, _) => throw new ModelException("the samples are rows of a table, and those that the model is trained with are not"),
                (_, null) => throw new ModelException($"the model is trained with rows of tables, these samples are {samples}"),
                _ => PreparedRows.Of(preparation, samples),
            };
        }
        catch (TableException e)
        {
            throw new ModelException(e.Message, e);
        }
    }
}
