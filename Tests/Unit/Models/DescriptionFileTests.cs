using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Models;

public sealed class DescriptionFileTests
{
    private readonly TempFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [TestCase("mlp", false)]
    [TestCase("tabular:54,7", false)]
    [TestCase("mlp.json", true)]
    [TestCase("./mlp", true)]
    [TestCase("models/mlp", true)]
    public void A_path_ends_in_json_or_has_a_separator(string model, bool isPath) => Assert.That(DescriptionFile.IsPath(model), Is.EqualTo(isPath));

    [Test]
    public void Every_preset_can_be_written_and_read_again([Values("mlp", "resnet", "text:9,5,2")] string preset)
    {
        ModelDescription model = ModelPresets.Create(preset);
        string path = Write(model.ToJson(indented: true));
        Assert.That(DescriptionFile.Read(path).ToJson(), Is.EqualTo(model.ToJson()));
    }

    [TestCase("""{"name":"m","input_shape":[4],"class_count":3,"layers":[{"type":"linear","name":"fc","in":5,"out":3}]}""", "layer 'fc' takes [5], but gets [4]")]
    [TestCase("""{"name":"m","input_shape":[4],"class_count":3,"layers":[{"type":"dense","name":"fc","in":5,"out":3}]}""", "layer 'fc' has the type 'dense'")]
    [TestCase("""{"name":"m","input_shape":[4],"class_count":4,"layers":[{"type":"relu","name":"r"}]}""", "no parameters")]
    [TestCase("""{"name":"","input_shape":[4],"class_count":3,"layers":[{"type":"linear","name":"fc","in":4,"out":3}]}""", "its name has from 1 to 64")]
    [TestCase("""{"name":"a@b","input_shape":[4],"class_count":3,"layers":[{"type":"linear","name":"fc","in":4,"out":3}]}""", "its name has from 1 to 64")]
    [TestCase("layers: []", "malformed")]
    public void What_is_wrong_is_one_line_with_the_file(string json, string reason)
    {
        string path = Write(json);
        Assert.That(
            () => DescriptionFile.Read(path),
            Throws.TypeOf<ModelException>().With.Message.StartsWith($"model file '{path}': ").And.Message.Contains(reason).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void A_file_that_is_not_there_or_too_long_is_refused()
    {
        Assert.That(() => DescriptionFile.Read(_folder["none.json"]), Throws.TypeOf<ModelException>().With.Message.Contains("there is no such file"));
        Assert.That(() => DescriptionFile.Read(_folder["none", "none.json"]), Throws.TypeOf<ModelException>().With.Message.Contains("there is no such file"));
        Assert.That(() => DescriptionFile.Read(_folder.Path), Throws.TypeOf<ModelException>().With.Message.Contains(_folder.Path));
        Assert.That(() => DescriptionFile.Read(Write(new string(' ', (512 * 1024) + 1))), Throws.TypeOf<ModelException>().With.Message.Contains("524288"));
    }

    [Test]
    public void The_identity_is_that_of_the_description_not_of_the_file()
    {
        ModelDescription mlp = ModelPresets.Mlp([4, 3]);
        string identity = DescriptionFile.IdentityOf(mlp);

        Assert.That(identity, Does.Match("^mlp@[0-9a-f]{16}$"));
        Assert.That(DescriptionFile.IdentityOf(DescriptionFile.Read(Write(mlp.ToJson(indented: true)))), Is.EqualTo(identity));
        Assert.That(DescriptionFile.IdentityOf(mlp with { ClassCount = 4 }), Is.Not.EqualTo(identity));
        Assert.That(DescriptionFile.IsIdentity(identity), Is.True);
        Assert.That(ModelPresets.Names.Any(DescriptionFile.IsIdentity), Is.False);
    }

    private string Write(string content)
    {
        string path = _folder[$"{Guid.NewGuid():N}.json"];
        File.WriteAllText(path, content);
        return path;
    }
}
