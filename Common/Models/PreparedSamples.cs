using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Models.Layers;

namespace TraversalLearning.Models;

/// <summary>The one way from samples as they were read to samples as a model takes them, for all who have samples: nodes, test set, pooled data, <c>predict</c>.</summary>
public static class PreparedSamples
{
    /// <summary>Rows of a table, prepared; other samples as they are.</summary>
    /// <param name="samples">As they were read.</param>
    /// <param name="preparation">That of the model; <see langword="null"/> if it was not trained with tables.</param>
    /// <exception cref="ModelException">The samples are a table's and the model's are not, or the other way round, or the table is not like those of the model.</exception>
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
