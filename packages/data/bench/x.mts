import { readCoco, curatedQuestions, readVisualGenome } from '/work/w-derive/packages/data/src/index.js';
const b='/work/shared/data/coco-mini/';
const { samples } = await readCoco({ instances: b+'annotations/instances_train2017.json',captions: b+'annotations/captions_train2017.json', images: b+'train2017', check: 'none' });
const g='/work/shared/data/visual-genome/';
const vg = await readVisualGenome({ imageData: g+'image_data.json', objects: g+'objects.json', regionDescriptions: g+'region_descriptions.json', images: g, check:'none'});
const one = await readVisualGenome({ imageData: g+'scene-graph-image3/image_data.json', objects: g+'scene-graph-image3/objects.json', attributes: g+'scene-graph-image3/attributes.json', relationships:g+'scene-graph-image3/relationships.json', images: g, check:'none'});
for (const [name, list] of [['coco', samples], ['vg', vg.samples], ['vg3', one.samples]] as const) {
  const t=performance.now();
  const r = curatedQuestions(list, { seed: 1, balance: name!=='vg3', perImage: name==='vg3'?40:8 });
  console.log(name, list.length, r.questions.length, (performance.now()-t).toFixed(0)+'ms');
  for (const [k,v] of Object.entries(r.balance)) console.log(' ',k,v.questions,'majority',v.majority.toFixed(2),'byText',v.byText.toFixed(2), JSON.stringify(v.answers.slice(0,5)));
  console.log(JSON.stringify(r.rejected,null,0).replaceAll('},','},\n'));
  const seen = new Map<string, number>();
  for (const q of r.questions) { const n=seen.get(q.truth!.type)??0; if (n<3 ) console.log('   ',q.sample,q.question,'->',q.answer,'|',q.truth!.fact,'| wrong',q.truth!.wrong.join('; '), '|', q.truth!.steps.join(' > ')); seen.set(q.truth!.type,n+1); }
}
